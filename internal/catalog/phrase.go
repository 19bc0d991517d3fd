package catalog

import (
	"fmt"
	"strings"
)

// Phrase is a text with placeholders.
type Phrase []part

type part struct {
	literal     string
	placeholder string
	fallback    string
}

// Words are what placeholders stand for in one request. Empty ones take the placeholder's fallback.
type Words struct {
	Name, Store, Tier string
}

func (w Words) get(name string) string {
	switch name {
	case "name":
		return w.Name
	case "store":
		return w.Store
	default:
		return w.Tier
	}
}

// Fill returns the text with its placeholders replaced.
func (p Phrase) Fill(w Words) string {
	if len(p) == 1 && p[0].placeholder == "" {
		return p[0].literal
	}
	size := 0
	for i := range p {
		size += len(p[i].text(w))
	}
	var b strings.Builder
	b.Grow(size)
	for i := range p {
		b.WriteString(p[i].text(w))
	}
	return b.String()
}

// text is what a part stands for in one request.
func (p *part) text(w Words) string {
	if p.placeholder == "" {
		return p.literal
	}
	if word := w.get(p.placeholder); word != "" {
		return word
	}
	return p.fallback
}

// FillAll fills a list of phrases.
func FillAll(ps []Phrase, w Words) []string {
	if len(ps) == 0 {
		return nil
	}
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.Fill(w)
	}
	return out
}

// placeholder is {name|fallback} in a text, from a byte to a byte.
type placeholder struct {
	start, end     int
	name, fallback string
}

// nextPlaceholder returns the first one from a byte on; ok is false where there is none.
func nextPlaceholder(text string, from int) (p placeholder, ok bool) {
	for from < len(text) {
		open := strings.IndexByte(text[from:], '{')
		if open < 0 {
			return p, false
		}
		p.start = from + open
		from = p.start + 1
		length := strings.IndexAny(text[from:], "{}")
		if length >= 0 && text[from+length] == '}' {
			p.end = from + length + 1
			p.name, p.fallback, _ = strings.Cut(text[from:from+length], "|")
			return p, true
		}
	}
	return p, false
}

func placeholderForms() []string {
	return []string{"{name|fallback}", "{store|fallback}", "{tier|fallback}"}
}

func parsePhrases(texts []string) []Phrase {
	out := make([]Phrase, len(texts))
	for i, t := range texts {
		out[i] = parsePhrase(t)
	}
	return out
}

func parsePhrase(text string) Phrase {
	var p Phrase
	rest := 0
	for m, ok := nextPlaceholder(text, 0); ok; m, ok = nextPlaceholder(text, rest) {
		if m.start > rest {
			p = append(p, part{literal: text[rest:m.start]})
		}
		p = append(p, part{placeholder: m.name, fallback: m.fallback})
		rest = m.end
	}
	if rest < len(text) {
		p = append(p, part{literal: text[rest:]})
	}
	return p
}

// placeholderProblems finds unknown placeholders, and those that could come out empty at the till.
func placeholderProblems(text string) []string {
	var out []string
	rest, alone := 0, false
	for m, ok := nextPlaceholder(text, 0); ok; m, ok = nextPlaceholder(text, rest) {
		switch m.name {
		case "name", "store", "tier":
			if strings.TrimSpace(m.fallback) == "" {
				out = append(out, fmt.Sprintf("{%s} may be unknown: give it a fallback", m.name))
			}
		default:
			out = append(out, fmt.Sprintf("the placeholder {%s} does not exist", m.name))
		}
		alone = alone || strings.ContainsAny(text[rest:m.start], "{}")
		rest = m.end
	}
	if alone || strings.ContainsAny(text[rest:], "{}") {
		out = append(out, "a { or } stands alone")
	}
	return out
}
