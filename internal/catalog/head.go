package catalog

import (
	"context"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"

	"github.com/surprise-service/surprised/internal/rule"
)

// head checks what concerns the catalogue as a whole.
func (c *compiler) head() {
	c.cat.Location = c.location()
	if code := c.src.GetCurrency(); code != "" {
		if _, err := currency.ParseISO(code); err != nil {
			c.hintf(c.places.top["currency"], `write an ISO 4217 code such as "TWD"`, "currency %q does not exist", code)
		}
	}
	if len(c.src.GetTemplates()) == 0 {
		c.errorf(c.places.first, "the catalogue has no templates")
	}
	c.locales()
}

func (c *compiler) location() *time.Location {
	name := c.src.GetTimeZone()
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		c.hintf(c.places.top["time_zone"], `write an IANA name such as "Asia/Taipei"`, "time zone %q does not exist", name)
		return time.UTC
	}
	return loc
}

// locales collects the locales of all texts, the default first.
func (c *compiler) locales() {
	def := c.src.GetDefaultLocale()
	if def == "" {
		if len(c.src.GetTemplates()) > 0 {
			c.hintf(c.places.first, "add for example default_locale: en", "default_locale is missing")
		}
		def = "en"
	}
	defTag, err := language.Parse(def)
	if err != nil {
		c.hintf(c.places.top["default_locale"], `write a BCP 47 tag such as "zh-Hant"`, "locale %q does not exist", def)
	}
	seen := map[language.Tag]bool{defTag: true}
	tags := []language.Tag{defTag}
	for _, t := range c.src.GetTemplates() {
		for name := range t.GetTexts() {
			if _, known := c.tags[name]; known {
				continue
			}
			tag, err := language.Parse(name)
			if err == nil {
				c.tags[name] = tag
			}
			if err == nil && !seen[tag] {
				seen[tag] = true
				tags = append(tags, tag)
			}
		}
	}
	sortTags(tags[1:])
	c.cat.locales, c.cat.matcher = tags, language.NewMatcher(tags)
}

// compileRules sets the rule language up with the catalogue's attributes and segments.
func (c *compiler) compileRules(ctx context.Context) {
	schema := rule.Schema{Customer: c.src.GetAttributes().GetCustomer(), Moment: c.src.GetAttributes().GetMoment(), Occasions: c.occasionNames(), Speller: c.speller}
	for name, at := range c.places.segments {
		if !validID(name) {
			c.hintf(at, "use lower-case letters, digits and _", "segment name %q is not allowed", name)
		}
	}
	set, problems, err := rule.NewSetContext(ctx, schema, c.src.GetSegments())
	if err != nil {
		c.errorf(c.places.first, "%s", err)
		return
	}
	for name, ps := range problems {
		for _, p := range ps {
			c.add(c.places.segments[name].ruleProblem(p))
		}
	}
	c.rules = set
	c.checkSegments()
}

// validID reports whether s matches the pattern that the protos state for ids.
func validID(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func (c *compiler) compileMarket() {
	c.cat.market = map[marketKey]float64{}
	for i, m := range c.src.GetMarket() {
		key := marketKey{m.GetKind(), m.GetRegion()}
		if _, dup := c.cat.market[key]; dup {
			c.errorf(c.places.market[i].in("kind"), "the market baseline of %s is here twice", m.GetKind())
		}
		c.cat.market[key] = m.GetUsual()
	}
}
