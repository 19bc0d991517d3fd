package catalog

import (
	"fmt"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Wallet is the allowance of clerks. The zero value allows nothing.
type Wallet struct {
	Reasons                         []string
	PerIncident, PerShift, PerStore int64
	StorePeriod                     surprisev1.LimitPeriod
}

// Wishes are the policies of the surprise wall, with their defaults.
type Wishes struct {
	MinDelay, Retention surprise.Period
	MaxOpen             int
}

func (c *compiler) compileWallet() {
	src, at := c.src.GetWallet(), c.places.top["wallet"]
	if src == nil {
		return
	}
	w := Wallet{PerIncident: src.GetPerIncidentMinor(), PerShift: src.GetPerShiftMinor(), PerStore: src.GetPerStoreMinor(), StorePeriod: src.GetStorePeriod()}
	if w.StorePeriod == surprisev1.LimitPeriod_LIMIT_PERIOD_UNSPECIFIED {
		w.StorePeriod = surprisev1.LimitPeriod_DAY
	}
	seen := map[string]bool{}
	for i, r := range src.GetReasons() {
		if seen[r] {
			c.errorf(at.in("reasons", i), "reason %q is here twice", r)
			continue
		}
		seen[r] = true
		w.Reasons = append(w.Reasons, r)
	}
	if c.src.GetCurrency() == "" {
		c.hintf(at.atKey(), "add for example currency: TWD", "a wallet needs the catalogue's currency")
	}
	c.checkWallet(w, at)
	c.cat.Wallet = w
}

// checkWallet warns of an allowance that can never be used, wholly or in part.
func (c *compiler) checkWallet(w Wallet, at place) {
	amounts := []struct {
		key   string
		minor int64
	}{{"per_incident_minor", w.PerIncident}, {"per_shift_minor", w.PerShift}, {"per_store_minor", w.PerStore}}
	var none []string
	for i, a := range amounts {
		if a.minor == 0 {
			none = append(none, a.key)
			continue
		}
		if i > 0 && amounts[i-1].minor > a.minor {
			c.warnf(at.in(amounts[i-1].key), "give no more than "+a.key, "%s can never be used up: %s is less", amounts[i-1].key, a.key)
		}
	}
	if len(w.Reasons) == 0 {
		none = append(none, "reasons")
	}
	if len(none) > 0 {
		c.warnf(at.atKey(), "add "+strings.Join(none, ", "), "clerks can give nothing of their own accord")
	}
}

// Defaults of the surprise wall.
const (
	wishMinDelay  = day
	wishRetention = 180 * day
	wishMaxOpen   = 5
)

func (c *compiler) compileWishes() {
	src, at := c.src.GetWishes(), c.places.top["wishes"]
	w := Wishes{MinDelay: surprise.Period{Exact: wishMinDelay}, Retention: surprise.Period{Exact: wishRetention}, MaxOpen: wishMaxOpen}
	if src.GetMinDelay() != "" {
		w.MinDelay = c.period(at.in("min_delay"), src.GetMinDelay())
	}
	if src.GetRetention() != "" {
		w.Retention = c.period(at.in("retention"), src.GetRetention())
	}
	if src.GetMaxOpen() > 0 {
		w.MaxOpen = int(src.GetMaxOpen())
	}
	if w.MinDelay.AtMost() >= atLeast(w.Retention) {
		c.hintf(at.in("retention"), "make retention longer than min_delay", "no wish is ever granted: it is deleted after %s, and granted after %s at the earliest", w.Retention, w.MinDelay)
	}
	c.checkSynonyms(src.GetSynonyms(), at.in("synonyms"))
	c.cat.Wishes = w
}

func (c *compiler) checkSynonyms(src []*surprisev1.Synonym, at place) {
	seen := map[string]bool{}
	for i, s := range src {
		if seen[s.GetTag()] {
			c.hintf(at.in(i, "tag"), "put all words into one entry", "tag %q is here twice", s.GetTag())
		}
		seen[s.GetTag()] = true
		c.checkWords(s.GetWords(), at.in(i, "words"))
	}
}

// checkWords finds words that are empty once they are compared, and those that are there twice.
func (c *compiler) checkWords(words []string, at place) {
	first := map[string]int{}
	for i, w := range words {
		f := Fold(w)
		before, twice := first[f]
		switch {
		case f == "":
			c.errorf(at.in(i), "a word must not be empty")
		case twice:
			c.warnf(at.in(i), fmt.Sprintf("first on line %d", before), "%q is here twice", w)
		default:
			first[f] = at.in(i).line()
		}
	}
}
