package wish

import (
	_ "embed"
	"strings"
)

//go:embed han.txt
var hanPairs string

const firstHan, lastHan = 0x3400, 0x9fff

// han says as which character a Han character from firstHan to lastHan is compared; 0: as itself.
type han [lastHan - firstHan + 1]uint16

func newHan() *han {
	h := new(han)
	for line := range strings.Lines(hanPairs) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		pairs := []rune(strings.TrimSpace(line))
		for i := 0; i+1 < len(pairs); i += 2 {
			h[pairs[i]-firstHan] = uint16(pairs[i+1]) //nolint:gosec // it is at most lastHan
		}
	}
	return h
}

// fold takes any character, and changes only those that it knows.
func (h *han) fold(r rune) rune {
	if r >= firstHan && r <= lastHan {
		if to := h[r-firstHan]; to != 0 {
			return rune(to)
		}
	}
	return r
}
