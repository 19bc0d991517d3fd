package catalog

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a catalogue, at its place in the source.
type Problem struct {
	File string
	// Line and Column count from 1; 0 where the whole file is meant.
	Line, Column int
	Message      string
	// Hint is the fix, where it is plain.
	Hint string
	// Warning marks what is allowed but surely not meant.
	Warning bool
}

// String returns "file:line:col: message (hint)".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		fmt.Fprintf(&b, " (%s)", p.Hint)
	}
	return b.String()
}

// Problems are sorted by file, line and column.
type Problems []Problem

// HasErrors reports whether any of them is more than a warning.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return !p.Warning })
}

// Error returns all of them, a line each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) sorted() Problems {
	for i := range ps {
		ps[i].Message, ps[i].Hint = readable(ps[i].Message), readable(ps[i].Hint)
	}
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message),
			cmp.Compare(a.Hint, b.Hint))
	})
	return slices.Compact(ps)
}

// Lengths of what a problem tells, in characters: one value, and all of it.
const (
	maxValue = 100
	maxText  = 1000
)

// longValue finds quoted values that are longer than maxValue; in single quotes, names that are.
var longValue = regexp.MustCompile(`"(?:[^"\\]|\\.){101,}"|'[^' ]{101,}'`)

// readable cuts long values, of which the beginning tells which one is meant.
func readable(text string) string {
	if len(text) <= maxValue {
		return text
	}
	text = longValue.ReplaceAllStringFunc(text, func(v string) string { return cut(v, maxValue) + v[len(v)-1:] })
	return cut(text, maxText)
}

func cut(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}
