package wish

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// large is a matcher of 1,000 templates with five of 1,000 tags each, and words in four languages for every tag.
func large() *Matcher {
	var synonyms, templates []string
	han := func(n int) string { return string([]rune{rune(0x4e00 + n*7%5000), rune(0x5e00 + n*13%5000)}) }
	for i := range 1000 {
		synonyms = append(synonyms, fmt.Sprintf("tag_%d: gift%d, present number %d, %s, %s, プレゼント%d, すてき%s", i, i, i, han(i), han(i+3)+"禮物", i, han(i+9)))
		var grants []string
		for k := range 5 {
			grants = append(grants, fmt.Sprintf("tag_%d", (i*(k+1)+k)%1000))
		}
		templates = append(templates, fmt.Sprintf("template_%04d: %s", i, strings.Join(grants, ", ")))
	}
	return New(newCatalog(synonyms, templates))
}

func wishOf(characters int) string {
	const part = "I would love present number 7, and gift12 too! 我希望有一把雨傘和一個生日蛋糕禮物，誕生日のプレゼント33がほしいです。مظلة <b>gift9</b> 🎂 "
	text := []rune(strings.Repeat(part, characters/len([]rune(part))+1))
	return string(text[:characters])
}

func BenchmarkMatch(b *testing.B) {
	m := large()
	for _, n := range []int{200, 10_000} {
		for _, text := range []struct{ name, text string }{
			{"mixed", wishOf(n)}, {"english", string([]rune(strings.Repeat("please, may I have gift7 with a present number 33? ", n/50+1))[:n])},
			{"chinese", string([]rune(strings.Repeat("我希望下雨的時候可以借一把雨傘，謝謝你們！", n/20+1))[:n])},
		} {
			b.Run(fmt.Sprintf("%s/%d", text.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					m.Match(text.text, 10)
				}
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		large()
	}
}

// A wish that names everything is the worst for the ranking of templates.
func BenchmarkMatchAll(b *testing.B) {
	m := large()
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "gift%d ", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Match(text.String(), 100)
	}
}

// TestALongWish shows that no text of the length that is allowed takes long: the limit is a hundred times what it takes.
func TestALongWish(t *testing.T) {
	m := large()
	for _, text := range []string{wishOf(10_000), strings.Repeat("e\u0301", 5000), strings.Repeat("\u202e", 10_000), strings.Repeat("プレゼント", 2000)} {
		best := time.Hour
		for range 5 {
			start := time.Now()
			m.Match(text, 10)
			best = min(best, time.Since(start))
		}
		if best > 100*time.Millisecond {
			t.Errorf("10,000 characters take %v", best)
		}
	}
	if got := m.Match(wishOf(10_000), 10); len(got) != 10 {
		t.Errorf("%d templates match, want 10", len(got))
	}
}
