package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// byLocale is what is written in some locales.
type byLocale[T any] map[language.Tag]T

// readLocales reads locale tags, each at most once, in the order in which they stand in the file. visit gets each that is well-formed.
func readLocales[T any](c *compiler, written map[string]T, at place, visit func(t T, at place)) byLocale[T] {
	if len(written) == 0 {
		return nil
	}
	out := make(byLocale[T], len(written))
	lines := make(map[language.Tag]int, len(written))
	for _, name := range inOrder(written, at) {
		key := at.in(name).atKey()
		tag, err := c.tags.parse(name)
		if err != nil {
			c.hintf(key, `write a BCP 47 tag such as "zh-Hant"`, "locale %q does not exist", name)
			continue
		}
		if _, dup := out[tag]; dup {
			c.hintf(key, fmt.Sprintf("first on line %d", lines[tag]), "locale %q is here twice", name)
			continue
		}
		out[tag], lines[tag] = written[name], key.line()
		visit(written[name], at.in(name))
	}
	return out
}

// tags are locales that many templates have. They are not changed once templates are compiled.
type tags map[string]language.Tag

func (t tags) parse(name string) (language.Tag, error) {
	if tag, ok := t[name]; ok {
		return tag, nil
	}
	return language.Parse(name)
}

// inOrder returns the locales of texts as they stand in the file.
func inOrder[T any](texts map[string]T, at place) []string {
	names := slices.Sorted(maps.Keys(texts))
	if len(names) == 1 {
		return names
	}
	slices.SortStableFunc(names, func(a, b string) int {
		x, y := at.in(a).atKey(), at.in(b).atKey()
		return cmp.Or(cmp.Compare(x.line(), y.line()), cmp.Compare(x.column(), y.column()))
	})
	return names
}

// nearest returns the locale in which to show something to who wants a locale: that one, or of those that it is written in the one that fits best.
func nearest[T any](base byLocale[T], want, def language.Tag) language.Tag {
	if _, ok := base[want]; ok {
		return want
	}
	tags := []language.Tag{def}
	for t := range base {
		if t != def {
			tags = append(tags, t)
		}
	}
	if len(tags) == 1 {
		return def
	}
	sortTags(tags[1:])
	_, i, _ := language.NewMatcher(tags).Match(want)
	return tags[i]
}

// plainTexts reads short texts by locale, what being their name, and completes them for every locale of the catalogue. Where none is written, def
// stands for all.
func (c *compiler) plainTexts(texts map[string]string, at place, what, def string) []string {
	base := readLocales(c, texts, at, func(t string, at place) { c.checkPlain(t, at, what) })
	c.needsDefault(len(texts), hasLocale(base, c.cat.locales[0]), at, what)
	out := make([]string, len(c.cat.locales))
	for i, tag := range c.cat.locales {
		out[i] = def
		if len(base) > 0 {
			out[i] = base[nearest(base, tag, c.cat.locales[0])]
		}
	}
	return out
}

func hasLocale[T any](base byLocale[T], tag language.Tag) bool {
	_, ok := base[tag]
	return ok
}

// needsDefault says that what is written in any locale is written in the default one.
func (c *compiler) needsDefault(written int, has bool, at place, what string) {
	if written > 0 && !has {
		c.hintf(at, "every text must exist in it", "%s has no text in the default locale %s", what, c.cat.locales[0])
	}
}

// checkPlain finds what is empty, and placeholders where nobody fills them.
func (c *compiler) checkPlain(text string, at place, what string) {
	if strings.TrimSpace(text) == "" {
		c.errorf(at, "%s must not be empty", what)
	}
	if strings.ContainsAny(text, "{}") {
		c.hintf(at, "only the texts of templates have placeholders", "%s is shown as it is written, with its { }", what)
	}
}
