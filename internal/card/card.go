// Package card makes task cards: what a clerk needs to carry a surprise out, to be read in ten seconds.
//
// A card is data first (Build); Text, HTML and Calendar render it. Whatever a customer wrote is shown as text and as nothing else: markup,
// control characters and changes of direction have no effect beyond it.
package card

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// Input is what a card is made from. Catalog is required.
type Input struct {
	Catalog *catalog.Catalog
	// Template is nil for a clerk's own idea, and where the catalogue no longer has it. Level nil: the template's first.
	Template *catalog.Template
	Level    *catalog.Level
	// Locale is one found by Catalog.MatchLocale.
	Locale int
	// Customer is nil where the profile is not known: the card then warns of that.
	Customer *surprisev1.CustomerProfile
	// Store is the id of the store. Empty: that of the claim.
	Store string
	// Claim is nil at offer time.
	Claim *surprisev1.Claim
	// Memories are of earlier surprises, the latest first.
	Memories []*surprisev1.Memory
	// Wish is the text of the wish that is granted.
	Wish string
	// OccasionDay is the civil day that is celebrated, as calendar.DayOf has it. Zero: that of the claim, if it has one.
	OccasionDay time.Time
	Now         time.Time
	// Location is where the occasion's day begins: the customer's time zone. Nil: the catalogue's, in which everything else is meant.
	Location *time.Location
}

// Build makes the card.
func Build(in Input) *surprisev1.TaskCard {
	c := new(surprisev1.TaskCard)
	Fill(c, in)
	return c
}

// Fill is Build into an empty card, for whoever has room for one. It is called for every offer.
func Fill(c *surprisev1.TaskCard, in Input) {
	if in.Store == "" {
		in.Store = in.Claim.GetStore()
	}
	c.Store, c.CustomerName, c.Memories, c.Wish = in.Catalog.StoreName(in.Store, in.Locale), in.Customer.GetDisplayName(), in.Memories, in.Wish
	c.Visibility, c.TimeZone = surprisev1.Visibility_PRIVATE, in.Catalog.Location.String()
	in.copyClaim(c)
	if in.Template == nil {
		in.writeUnknown(c)
	} else {
		in.write(c)
	}
	in.setTimes(c)
	if c.GetSlot() != nil && !givenUp(in.Claim) {
		c.Icalendar = Calendar(in.nameless(c), in.Now)
	}
}

func (in *Input) copyClaim(c *surprisev1.TaskCard) {
	cl := in.Claim
	if cl == nil {
		return
	}
	c.ClaimId, c.Serial, c.SerialOf, c.Slot, c.OrderId, c.Trial, c.Lease = cl.ClaimId, cl.Serial, cl.SerialOf, cl.Slot, cl.OrderId, cl.Trial, cl.Lease
	if cl.GetState() == surprisev1.ClaimState_CONFIRMED {
		c.Code = cl.GetCode()
	}
}

// text returns the texts of the level. Templates always have a level.
func (in *Input) text() *catalog.Text {
	if in.Level != nil {
		return in.Level.Text(in.Locale)
	}
	return in.Template.Levels[0].Text(in.Locale)
}

func (in *Input) words(name string) catalog.Words {
	return catalog.Words{Name: isolate(line(name)), Store: in.Catalog.StoreName(in.Store, in.Locale), Tier: isolate(line(in.Customer.GetTier()))}
}

// write fills in what the template says.
func (in *Input) write(c *surprisev1.TaskCard) {
	t, w := in.text(), in.words(in.Customer.GetDisplayName())
	c.Locale, c.Title, c.Role, c.Say = t.Locale, t.Title.Fill(w), t.Role.Fill(w), t.Say.Fill(w)
	c.Steps, c.Avoid = catalog.FillAll(t.Steps, w), catalog.FillAll(t.Avoid, w)
	c.Visibility = in.Template.Visibility
	if c.Visibility == surprisev1.Visibility_PUBLIC {
		c.EarnedReason = in.Template.Source.GetEarnedReason()
	}
	c.Warnings = in.warnings(t.Locale)
	if in.Template.Kind == surprisev1.Kind_CORNER {
		c.Items = in.items()
	}
}

// writeUnknown is for what no template describes.
func (in *Input) writeUnknown(c *surprisev1.TaskCard) {
	c.Locale = localeTag(in.Catalog, in.Locale)
	w := wordsOf(c.Locale)
	c.Title = w.ownIdea
	c.Warnings = in.warnings(c.Locale)
	if gone := in.Claim.GetTemplate(); gone != "" {
		c.Title = gone
		c.Warnings = append(c.Warnings, w.gone)
	}
}

// localeTag names a locale of the catalogue by a template that is written in it; the default where there is none.
func localeTag(cat *catalog.Catalog, locale int) string {
	if locale > 0 {
		for _, t := range cat.Templates {
			if tag := t.Levels[0].Text(locale).Locale; cat.MatchLocale(tag, "") == locale {
				return tag
			}
		}
	}
	return cat.Source.GetDefaultLocale()
}

// nameless is what the calendar may say: entries are synchronised to places that the customer never heard of.
func (in *Input) nameless(c *surprisev1.TaskCard) *surprisev1.TaskCard {
	out := &surprisev1.TaskCard{ClaimId: c.GetClaimId(), Slot: c.GetSlot(), Store: c.GetStore(), Locale: c.GetLocale(), Title: c.GetTitle()}
	if in.Template != nil {
		w := in.words("")
		out.Title, out.Say = in.text().Title.Fill(w), in.text().Say.Fill(w)
	}
	return out
}

// givenUp reports that nothing is to be carried out any more, and nothing was.
func givenUp(c *surprisev1.Claim) bool {
	switch c.GetState() {
	case surprisev1.ClaimState_CANCELLED, surprisev1.ClaimState_EXPIRED, surprisev1.ClaimState_DENIED:
		return true
	default:
		return false
	}
}

func stamp(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }
