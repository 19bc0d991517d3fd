package catalog

import (
	"sort"
	"strings"
	"sync"

	"golang.org/x/text/language"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Text is what is shown in one locale, complete and with its placeholders found.
type Text struct {
	Locale  string
	Title   Phrase
	Message Phrase
	Role    Phrase
	Steps   []Phrase
	Say     Phrase
	Avoid   []Phrase
}

// MatchLocale returns the position of the locale that fits best among those of the catalogue, for Level.Text: first by what the request
// asks for, then by what the customer prefers, both as BCP 47 tags. Empty and unknown tags are skipped; the default stands for none.
func (c *Catalog) MatchLocale(asked, preferred string) int {
	if asked == "" && preferred == "" {
		return 0
	}
	return c.found.get([2]string{asked, preferred}, c.matchLocale)
}

func (c *Catalog) matchLocale(wanted [2]string) int {
	var want []language.Tag
	for _, w := range wanted {
		if tag, err := language.Parse(w); w != "" && err == nil {
			want = append(want, tag)
		}
	}
	if len(want) == 0 {
		return 0
	}
	_, i, _ := c.matcher.Match(want...)
	return i
}

// foundLocales keeps matches, which take microseconds to find. Callers choose the tags, so it stops growing at a bound.
type foundLocales struct {
	mu    sync.RWMutex
	known map[[2]string]int
}

const maxFoundLocales = 4096

func (f *foundLocales) get(key [2]string, find func([2]string) int) int {
	f.mu.RLock()
	i, ok := f.known[key]
	f.mu.RUnlock()
	if ok {
		return i
	}
	i = find(key)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		f.known = map[[2]string]int{}
	}
	if len(f.known) < maxFoundLocales {
		// The texts of a request are parts of all of it.
		f.known[[2]string{strings.Clone(key[0]), strings.Clone(key[1])}] = i
	}
	return i
}

// Text returns the texts of a level in a locale found by MatchLocale.
func (l *Level) Text(locale int) *Text { return &l.texts[locale] }

func sortTags(tags []language.Tag) {
	sort.Slice(tags, func(i, j int) bool { return tags[i].String() < tags[j].String() })
}

// written is the texts of a template by locale tag.
type written = byLocale[*surprisev1.Text]

// textsOf reads the texts of a template, and checks them.
func (c *compiler) textsOf(src *surprisev1.Template, at place) written {
	out := c.readTexts(src.GetTexts(), at.in("texts"))
	def := out[c.cat.locales[0]]
	switch {
	case len(src.GetTexts()) == 0:
		c.hintf(at.in("id"), "add texts: with a title and a message", "template %q has no texts", src.GetId())
	case def == nil:
		c.errorf(at.in("texts"), "template %q has no text in the default locale %s", src.GetId(), c.cat.locales[0])
	}
	for name, t := range src.GetTexts() {
		if t.GetTitle() == "" || t.GetMessage() == "" {
			c.errorf(at.in("texts", name), "title and message must not be empty")
		}
	}
	return out
}

func (c *compiler) readTexts(texts map[string]*surprisev1.Text, at place) written {
	return readLocales(c, texts, at, c.checkPlaceholders)
}

// levelTexts completes the texts of a level for every locale of the catalogue: the level's own, the template's, and where the
// template was not written in a locale, the nearest that it was written in.
func (c *compiler) levelTexts(base written, src *surprisev1.Level, at place) []Text {
	own := c.readTexts(src.GetTexts(), at.in("texts"))
	for tag := range own {
		if base[tag] == nil {
			c.errorf(at.in("texts"), "level %q has a text in %s, its template has none", src.GetId(), tag)
		}
	}
	out := make([]Text, len(c.cat.locales))
	for i, tag := range c.cat.locales {
		from := nearest(base, tag, c.cat.locales[0])
		out[i] = compileText(from, base[from], own[from])
	}
	return out
}

func compileText(tag language.Tag, base, own *surprisev1.Text) Text {
	pick := func(own, base string) Phrase {
		if own != "" {
			return parsePhrase(own)
		}
		return parsePhrase(base)
	}
	pickAll := func(own, base []string) []Phrase {
		if len(own) > 0 {
			return parsePhrases(own)
		}
		return parsePhrases(base)
	}
	return Text{
		Locale:  tag.String(),
		Title:   pick(own.GetTitle(), base.GetTitle()),
		Message: pick(own.GetMessage(), base.GetMessage()),
		Role:    pick(own.GetCard().GetRole(), base.GetCard().GetRole()),
		Steps:   pickAll(own.GetCard().GetSteps(), base.GetCard().GetSteps()),
		Say:     pick(own.GetCard().GetSay(), base.GetCard().GetSay()),
		Avoid:   pickAll(own.GetCard().GetAvoid(), base.GetCard().GetAvoid()),
	}
}

func (c *compiler) checkPlaceholders(t *surprisev1.Text, at place) {
	check := func(text string, path ...any) {
		for _, msg := range placeholderProblems(text) {
			c.hintf(at.in(path...), "placeholders are "+strings.Join(placeholderForms(), ", "), "%s", msg)
		}
	}
	check(t.GetTitle(), "title")
	check(t.GetMessage(), "message")
	check(t.GetCard().GetRole(), "card", "role")
	check(t.GetCard().GetSay(), "card", "say")
	for i, s := range t.GetCard().GetSteps() {
		check(s, "card", "steps", i)
	}
	for i, s := range t.GetCard().GetAvoid() {
		check(s, "card", "avoid", i)
	}
}
