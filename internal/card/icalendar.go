package card

import (
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

const (
	icalTime = "20060102T150405Z"
	// maxOctets is the length of a line of RFC 5545, section 3.1, without its line break.
	maxOctets = 75
)

// Calendar returns the booked time of a card as an iCalendar object (RFC 5545); empty where the card has no slot. It never names the customer:
// a text that does is left out.
func Calendar(c *surprisev1.TaskCard, now time.Time) string {
	slot := c.GetSlot()
	if slot == nil {
		return ""
	}
	w := wordsOf(c.GetLocale())
	var b strings.Builder
	for _, p := range [][2]string{
		{"BEGIN", "VCALENDAR"}, {"VERSION", "2.0"}, {"PRODID", "-//surprised//task card//EN"}, {"CALSCALE", "GREGORIAN"}, {"METHOD", "PUBLISH"},
		{"BEGIN", "VEVENT"},
		{"UID", escaped(line(c.GetClaimId()) + "@surprised")}, {"DTSTAMP", now.UTC().Format(icalTime)},
		{"DTSTART", utc(slot.GetStarts())}, {"DTEND", utc(slot.GetEnds())},
		{"SUMMARY", escaped(summary(c, w))}, {"LOCATION", escaped(line(c.GetStore()))}, {"DESCRIPTION", escaped(description(c, w))},
		{"CLASS", "PRIVATE"}, {"STATUS", "CONFIRMED"}, {"TRANSP", "OPAQUE"},
		{"END", "VEVENT"}, {"END", "VCALENDAR"},
	} {
		if p[1] != "" {
			fold(&b, p[0]+":"+p[1])
		}
	}
	return b.String()
}

func utc(t *timestamppb.Timestamp) string { return t.AsTime().UTC().Format(icalTime) }

func summary(c *surprisev1.TaskCard, w *words) string {
	if title := written(c.GetTitle()); title != "" && !names(title, c) {
		return title
	}
	return w.appointment
}

func description(c *surprisev1.TaskCard, w *words) string {
	var parts []string
	if say := written(c.GetSay()); say != "" && !names(say, c) {
		parts = append(parts, say)
	}
	if adviser := line(c.GetSlot().GetAdviser()); adviser != "" {
		parts = append(parts, w.adviser+w.colon+adviser)
	}
	return strings.Join(parts, "\n")
}

// names reports whether a text has the customer's name in it.
func names(text string, c *surprisev1.TaskCard) bool {
	name := line(c.GetCustomerName())
	return name != "" && strings.Contains(text, name)
}

// escaped is a TEXT value, section 3.3.11.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`).Replace(s)
}

// fold writes a content line, folded between characters.
func fold(b *strings.Builder, s string) {
	left := maxOctets
	for _, r := range s {
		n := utf8.RuneLen(r)
		if n > left {
			b.WriteString("\r\n ")
			left = maxOctets - 1
		}
		b.WriteRune(r)
		left -= n
	}
	b.WriteString("\r\n")
}
