package rule

import "strings"

// splitAnd divides a rule's text at the && at its top, so that clauses that many rules share are compiled once. It divides only what it is sure
// of, and returns the text whole where there is an || or a ? at the top, a comment, a raw or a triple-quoted text, or where brackets or quotes
// do not fit.
func splitAnd(source string) []string {
	s := splitter{text: source}
	for s.pos < len(source) {
		if !s.step() {
			return []string{source}
		}
	}
	if s.depth != 0 {
		return []string{source}
	}
	return append(s.clauses, source[s.start:])
}

// splitter goes through a text once.
type splitter struct {
	text       string
	pos, start int
	depth      int
	clauses    []string
}

// step takes the next character, or text in quotes. It returns false where the rule is better not divided.
func (s *splitter) step() bool {
	c := s.text[s.pos]
	switch {
	case c == '"' || c == '\'':
		return s.quoted(c)
	case strings.IndexByte("([{", c) >= 0:
		s.depth++
	case strings.IndexByte(")]}", c) >= 0:
		if s.depth--; s.depth < 0 {
			return false
		}
	case c == '`', c == '/' && strings.HasPrefix(s.text[s.pos:], "//"):
		return false
	case s.depth == 0 && (c == '?' || c == '|'):
		return false
	case s.depth == 0 && strings.HasPrefix(s.text[s.pos:], "&&"):
		s.clauses = append(s.clauses, s.text[s.start:s.pos])
		s.pos++
		s.start = s.pos + 1
	}
	s.pos++
	return true
}

// quoted goes past a text in quotes. A letter before it changes how it is read.
func (s *splitter) quoted(quote byte) bool {
	if s.pos > 0 && isLetter(s.text[s.pos-1]) || strings.HasPrefix(s.text[s.pos:], strings.Repeat(string(quote), 3)) {
		return false
	}
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case '\n', '\r':
			return false
		case quote:
			s.pos++
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
