package card

import (
	"fmt"
	"strings"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Shelf returns the card that stands in the surprise corner of a store. It invites everybody to everything and asks nothing in return.
// A store without a corner is NO_CORNER.
func Shelf(cat *catalog.Catalog, store string, locale int) (*surprisev1.GetShelfCardResponse, error) {
	s := cat.Store(store)
	if s == nil {
		return nil, surprise.FieldErrorf(surprise.NoCorner, "store", "store %q is not in the catalogue: list it there under stores, with its corner", store)
	}
	if s.Corner == nil {
		return nil, surprise.FieldErrorf(surprise.NoCorner, "store", "store %q has no surprise corner: describe one in the catalogue, or ask for another store", store)
	}
	hours, ok := openHours(s.Corner.Hours)
	if !ok {
		return nil, surprise.FieldErrorf(surprise.NoCorner, "store", "the corner of store %q is never open: correct its hours in the catalogue", store)
	}
	t := s.Corner.Text(locale)
	w := wordsOf(t.Locale)
	out := &surprisev1.GetShelfCardResponse{Title: t.Title, Text: t.Text, Locale: t.Locale, Hours: hours}
	if out.Title == "" {
		out.Title = w.shelfTitle
	}
	if out.Text == "" {
		out.Text = w.shelfText
	}
	for i := range s.Corner.Items {
		out.Items = append(out.Items, s.Corner.Items[i].Name(locale))
	}
	return out, nil
}

// ShelfText returns a shelf card for a receipt printer; see Text.
func ShelfText(r *surprisev1.GetShelfCardResponse, width int) string {
	w := wordsOf(r.GetLocale())
	p := newPage(width)
	p.heading(written(r.GetTitle()))
	p.line(strings.Repeat("=", p.width))
	p.list("", []string{written(r.GetText())})
	p.section(w.inside, func() { p.list("* ", each(r.GetItems(), written)) }, len(r.GetItems()) > 0)
	p.section(w.open, func() { p.list("", w.hours(r.GetHours())) }, true)
	p.rule()
	p.list("", []string{w.ask})
	return p.b.String()
}

// shelfView is a shelf card as its page shows it.
type shelfView struct {
	sheet
	Text         string
	Items, Hours []string
}

// ShelfHTML returns a shelf card as a page to print; see HTML.
func ShelfHTML(r *surprisev1.GetShelfCardResponse, format surprisev1.CardFormat) (string, error) {
	p, err := paperOf(format)
	if err != nil {
		return "", err
	}
	w := wordsOf(r.GetLocale())
	v := &shelfView{
		sheet: sheet{Lang: line(r.GetLocale()), Title: written(r.GetTitle()), H: w.headings()},
		Text:  written(r.GetText()), Items: each(r.GetItems(), written), Hours: w.hours(r.GetHours()),
	}
	if err := v.dress(p, v.height(p, w)); err != nil {
		return "", err
	}
	return render("shelf.html", v)
}

// RenderShelf returns a shelf card in a format; see Render.
func RenderShelf(r *surprisev1.GetShelfCardResponse, format surprisev1.CardFormat) (string, error) {
	switch format {
	case surprisev1.CardFormat_CARD_FORMAT_UNSPECIFIED:
		return "", nil
	case surprisev1.CardFormat_TEXT:
		return ShelfText(r, 0), nil
	default:
		return ShelfHTML(r, format)
	}
}

func (v *shelfView) height(p paper, w *words) int {
	if !p.receipt() {
		return 0
	}
	e := estimate{paper: p, line: p.em * w.lineHeight * slack}
	e.scaled(1.8, v.Title)
	e.scaled(1.15, v.Text)
	e.section(p.columns*6/7, v.Items, 1.4)
	e.section(p.columns, v.Hours, 1)
	e.block(p.columns, v.H.Ask)
	return e.millimetres()
}

// hours writes spans such as "MONDAY 09:00-18:00" in this language, and days in a row that are open alike as one.
func (w *words) hours(spans []string) []string {
	if len(spans) == 0 {
		return []string{w.alwaysOpen}
	}
	var runs []dayRun
	for _, s := range spans {
		day, times, ok := strings.Cut(s, " ")
		d, known := surprisev1.Weekday_value[day]
		switch last := len(runs) - 1; {
		case !ok || !known:
			runs = append(runs, dayRun{times: line(s)})
		case last >= 0 && runs[last].last > 0 && runs[last].times == times && d == runs[last].last+1:
			runs[last].last = d
		default:
			runs = append(runs, dayRun{first: d, last: d, times: times})
		}
	}
	out := make([]string, len(runs))
	for i, r := range runs {
		out[i] = r.in(w)
	}
	return out
}

// dayRun is days in a row with the same times. Days count from Monday, 1; 0: not known.
type dayRun struct {
	first, last int32
	times       string
}

func (r dayRun) in(w *words) string {
	name := func(d int32) string { return w.weekdays[time.Weekday(d%7)] }
	times := strings.Replace(r.times, "-", "–", 1)
	switch r.first {
	case 0:
		return times
	case r.last:
		return name(r.first) + " " + times
	default:
		return fmt.Sprintf(w.days, name(r.first), name(r.last)) + " " + times
	}
}
