package rule

import (
	"fmt"
	"strconv"
	"strings"
)

// layout is how a table writes a day: fields D, DD, M, MM and YYYY with any other signs between them. D and M take one digit or two,
// the others exactly as many as they have letters.
type layout []layoutPart

type layoutPart struct {
	field    byte // 'Y', 'M', 'D', or 0 for signs
	signs    string
	min, max int // digits
}

func parseLayout(s string) (layout, error) {
	var l layout
	seen := map[byte]bool{}
	for rest := s; rest != ""; {
		p, n := nextLayoutPart(rest)
		if p.field != 0 && (seen[p.field] || p.max == 0) || p.field == 0 && strings.ContainsAny(p.signs, "0123456789") {
			return nil, badLayout(s)
		}
		seen[p.field] = true
		l, rest = append(l, p), rest[n:]
	}
	if !seen['Y'] || !seen['M'] || !seen['D'] {
		return nil, badLayout(s)
	}
	return l, nil
}

func badLayout(s string) error {
	return fmt.Errorf(`%q is no layout of a date: write for example "D/M/YYYY", "DD-MM-YYYY" or "YYYY.MM.DD", each of day, month and year once`, s)
}

// nextLayoutPart returns the first part of s and its length. A field of unknown width has no digits.
func nextLayoutPart(s string) (layoutPart, int) {
	if c := s[0]; strings.IndexByte("YMD", c) >= 0 {
		n := len(s) - len(strings.TrimLeft(s, string(c)))
		p := layoutPart{field: c}
		switch {
		case c == 'Y' && n == 4, c != 'Y' && n == 2:
			p.min, p.max = n, n
		case c != 'Y' && n == 1:
			p.min, p.max = 1, 2
		}
		return p, n
	}
	n := strings.IndexAny(s, "YMD")
	if n < 0 {
		n = len(s)
	}
	return layoutPart{signs: s[:n]}, n
}

// read takes a text apart; ok is false where it does not fit.
func (l layout) read(text string) (y, m, d int, ok bool) {
	for _, p := range l {
		if p.field == 0 {
			if text, ok = strings.CutPrefix(text, p.signs); !ok {
				return 0, 0, 0, false
			}
			continue
		}
		digits := min(len(text)-len(strings.TrimLeft(text, "0123456789")), p.max)
		if digits < p.min {
			return 0, 0, 0, false
		}
		n, _ := strconv.Atoi(text[:digits])
		text = text[digits:]
		switch p.field {
		case 'Y':
			y = n
		case 'M':
			m = n
		default:
			d = n
		}
	}
	return y, m, d, text == ""
}
