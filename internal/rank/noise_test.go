package rank

import (
	"strings"
	"testing"
)

// Decisions that were made can be made again: the numbers are the same for ever.
func TestNoiseIsThatOfBefore(t *testing.T) {
	n := NewNoise([]byte("key"), "visit", "qagh55ievcdtaw65o2xjvycuna", "visit-1", "9f86d081884c")
	for name, want := range map[string]float64{"": 0.6432773614399199, "birthday-cake/plus": 0.604838621814275, "\x00withhold": 0.7132482262738684, strings.Repeat("long ", 300): 0.8080847170799061} {
		if got := n.Uniform(name); got != want {
			t.Errorf("%.20q: got %v, want %v", name, got, want)
		}
	}
	if got := NewNoise([]byte(strings.Repeat("long key", 20)), strings.Repeat("long part", 200)).Uniform("x"); got != 0.024742320830004105 {
		t.Errorf("long key and part: got %v", got)
	}
}
