package simulate

import (
	"slices"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// History is what one customer saw happen, visit by visit.
type History struct {
	Customer string
	Visits   []Visit
}

// Visit is one day in the shop.
type Visit struct {
	// Day is a civil day.
	Day time.Time
	// Gifts are the templates of the surprises that were given.
	Gifts []string
	// Occasions has, by template, the occurrence whose window was open.
	Occasions map[string]string
}

// Verdict says in a word how well a surprise could be guessed.
type Verdict string

// The verdicts, and from which share of guessed gifts they hold.
const (
	Clockwork    Verdict = "clockwork"     // 0.7 and more
	OftenGuessed Verdict = "often guessed" // 0.4 and more
	Surprising   Verdict = "surprising"
	TooFew       Verdict = "too few gifts" // fewer than minGifts could have been guessed at all

	clockworkFrom = 0.7
	oftenFrom     = 0.4
	minGifts      = 5
)

// Predictability is how often a simple observer would have known the day of a template's next gift.
type Predictability struct {
	Template string `json:"template"`
	Gifts    int    `json:"gifts"`
	// N counts the gifts that had an earlier one of the same template and customer. Of the first nobody can know anything.
	N       int `json:"n"`
	Guessed int `json:"guessed"`
	// Share is guessed / n.
	Share   float64 `json:"share"`
	Verdict Verdict `json:"verdict"`
	// By says which guess was right, by its name; several can be.
	By map[string]int `json:"by"`
}

// Predict judges the templates that are meant to surprise, in the order of their ids.
func Predict(cat *catalog.Catalog, histories []History) []Predictability {
	out := []Predictability{}
	for _, t := range cat.Templates {
		if t.Purpose == surprisev1.Purpose_RECOVERY {
			continue
		}
		p := Predictability{Template: t.ID, By: map[string]int{}}
		for _, h := range histories {
			p.observe(h)
		}
		p.judge()
		out = append(out, p)
	}
	return out
}

func (p *Predictability) judge() {
	p.Share = share(p.Guessed, p.N)
	switch {
	case p.N < minGifts:
		p.Verdict = TooFew
	case p.Share >= clockworkFrom:
		p.Verdict = Clockwork
	case p.Share >= oftenFrom:
		p.Verdict = OftenGuessed
	default:
		p.Verdict = Surprising
	}
}

// observe follows one customer and guesses before every gift.
func (p *Predictability) observe(h History) {
	o := observer{template: p.Template, occurrences: map[string]bool{}}
	for _, v := range h.Visits {
		if slices.Contains(v.Gifts, p.Template) {
			p.count(&o, v)
		}
		o.see(v)
	}
}

func (p *Predictability) count(o *observer, v Visit) {
	p.Gifts++
	if len(o.gifts) == 0 {
		return
	}
	p.N++
	right := o.guesses(v)
	for _, name := range right {
		p.By[name]++
	}
	if len(right) > 0 {
		p.Guessed++
	}
}
