package catalog

import (
	"fmt"
	"regexp"
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

// placeholderForm finds {name|fallback}.
var placeholderForm = regexp.MustCompile(`\{([^{}|]*)(\|([^{}]*))?\}`)

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
	for _, m := range placeholderForm.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > rest {
			p = append(p, part{literal: text[rest:m[0]]})
		}
		ph := part{placeholder: text[m[2]:m[3]]}
		if m[6] >= 0 {
			ph.fallback = text[m[6]:m[7]]
		}
		p = append(p, ph)
		rest = m[1]
	}
	if rest < len(text) {
		p = append(p, part{literal: text[rest:]})
	}
	return p
}

// placeholderProblems finds unknown placeholders, and those that could come out empty at the till.
func placeholderProblems(text string) []string {
	var out []string
	for _, m := range placeholderForm.FindAllStringSubmatch(text, -1) {
		name, fallback := m[1], m[3]
		switch name {
		case "name", "store", "tier":
			if strings.TrimSpace(fallback) == "" {
				out = append(out, fmt.Sprintf("{%s} may be unknown: give it a fallback", name))
			}
		default:
			out = append(out, fmt.Sprintf("the placeholder {%s} does not exist", name))
		}
	}
	if left := placeholderForm.ReplaceAllString(text, ""); strings.ContainsAny(left, "{}") {
		out = append(out, "a { or } stands alone")
	}
	return out
}
