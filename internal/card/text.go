package card

import (
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

const (
	defaultWidth = 48 // of 80 mm paper; 58 mm has 32
	minWidth     = 16
)

// Text returns a card for terminals and receipt printers, in lines of at most width columns. 0: 48; less than 16 is taken as 16.
func Text(c *surprisev1.TaskCard, width int) string {
	w := wordsOf(c.GetLocale())
	p := newPage(width)
	p.heading(written(c.GetTitle()))
	p.status(c, w)
	p.list("!! ", lines(c.GetWarnings()))
	p.rule()
	p.facts(facts(c, w), w)
	p.section(w.code, func() { p.list("  ", []string{line(c.GetCode())}) }, c.GetCode() != "")
	wish := paragraphs(c.GetWish())
	p.section(w.wish, func() { p.quoted(wish) }, len(wish) > 0)
	p.section(w.items, func() { p.list("- ", each(c.GetItems(), written)) }, len(c.GetItems()) > 0)
	p.section(w.say, func() { p.list("  ", []string{w.quote[0] + written(c.GetSay()) + w.quote[1]}) }, c.GetSay() != "")
	p.section(w.steps, func() { p.list("[ ] ", each(c.GetSteps(), written)) }, len(c.GetSteps()) > 0)
	p.section(w.avoid, func() { p.list(" x  ", each(c.GetAvoid(), written)) }, len(c.GetAvoid()) > 0)
	remembered := newClock(w, c.GetTimeZone()).memories(c.GetMemories())
	p.section(w.memories, func() { p.list("- ", remembered) }, len(remembered) > 0)
	p.small(c, w)
	return p.b.String()
}

// page is text of a fixed width.
type page struct {
	b     strings.Builder
	width int
}

func newPage(width int) *page {
	if width == 0 {
		width = defaultWidth
	}
	return &page{width: max(width, minWidth)}
}

func (p *page) line(s string) { p.b.WriteString(strings.TrimRight(s, " ") + "\n") }

func (p *page) rule() { p.line(strings.Repeat("-", p.width)) }

func (p *page) heading(title string) {
	p.line(strings.Repeat("=", p.width))
	p.list("", []string{title})
}

// status is where it is given, who may notice, and which piece it is.
func (p *page) status(c *surprisev1.TaskCard, w *words) {
	badge, why := w.badge(c)
	place := badge
	if store := written(c.GetStore()); store != "" {
		place = store + " | " + badge
	}
	p.list("", []string{place})
	if why != "" {
		p.list("", []string{why})
	}
	if s := w.serialNumber(c.GetSerial(), c.GetSerialOf()); s != "" {
		p.list("", []string{"# " + s})
	}
	p.line(strings.Repeat("=", p.width))
}

// list writes each text after a mark, and further lines of it under its beginning.
func (p *page) list(mark string, texts []string) {
	indent := strings.Repeat(" ", columns(mark))
	for _, t := range texts {
		lead := mark
		for _, l := range wrap(t, p.width-columns(mark)) {
			p.line(lead + isolate(l))
			lead = indent
		}
	}
}

func (p *page) quoted(paragraphs []string) {
	for _, t := range paragraphs {
		if t == "" {
			p.line("|")
			continue
		}
		for _, l := range wrap(t, p.width-2) {
			p.line("| " + isolate(l))
		}
	}
}

// section has an empty line and a heading above it.
func (p *page) section(heading string, body func(), present bool) {
	if present {
		p.line("")
		p.list("", []string{strings.ToUpper(heading)})
		body()
	}
}

// facts are in two columns where the paper is wide enough for it.
func (p *page) facts(all []fact, w *words) {
	first := 0
	for _, f := range all {
		first = max(first, columns(f.Name))
	}
	for _, f := range all {
		name := f.Name + strings.Repeat(" ", first-columns(f.Name)+2)
		if first+2 > p.width/2 {
			name = f.Name + w.colon
		}
		p.list(name, []string{f.Value})
	}
}

// small is what nobody needs at the counter, save when something went wrong.
func (p *page) small(c *surprisev1.TaskCard, w *words) {
	p.rule()
	if id := line(c.GetClaimId()); id != "" {
		p.list("", []string{w.claim + " " + id})
	}
	if staff := line(c.GetLease().GetStaffId()); staff != "" {
		p.list("", []string{w.heldBy + " " + staff})
	}
	if zone := line(c.GetTimeZone()); zone != "" {
		p.list("", []string{zone})
	}
}
