package wish

import (
	"cmp"
	"slices"

	"github.com/surprise-service/surprised/internal/catalog"
)

// grants say which templates grant which tags.
type grants struct {
	// templates are in the order of their ids.
	templates []template
	// byTag are the templates that grant a tag.
	byTag [][]int32
}

type template struct {
	id string
	// tags begin with the rarest.
	tags []int32
}

func newGrants(templates []*catalog.Template, numbers map[string]int32) grants {
	g := grants{byTag: make([][]int32, len(numbers))}
	sorted := slices.SortedFunc(slices.Values(templates), func(a, b *catalog.Template) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range sorted {
		if len(t.Source.GetGrants()) > 0 {
			g.add(t, numbers)
		}
	}
	for _, t := range g.templates {
		slices.SortFunc(t.tags, func(a, b int32) int { return cmp.Or(g.common(a)-g.common(b), int(a-b)) })
	}
	return g
}

func (g *grants) add(t *catalog.Template, numbers map[string]int32) {
	out := template{id: t.ID}
	for _, name := range t.Source.GetGrants() {
		if tag := numbers[name]; !slices.Contains(out.tags, tag) {
			out.tags = append(out.tags, tag)
			g.byTag[tag] = append(g.byTag[tag], int32(len(g.templates))) //nolint:gosec // a catalogue has less templates
		}
	}
	g.templates = append(g.templates, out)
}

// common is how many templates grant a tag.
func (g *grants) common(tag int32) int { return len(g.byTag[tag]) }

// best returns the n best templates for the tags found. Of many templates it keeps only those, in order.
func (m *Matcher) best(s *search, n int) []int32 {
	m.count(s)
	if n = min(n, len(s.granting)); n <= 0 {
		return nil
	}
	best := make([]int32, 0, n+1)
	for _, t := range s.granting {
		if len(best) == n && m.compare(s, t, best[n-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, t, func(a, b int32) int { return m.compare(s, a, b) })
		best = slices.Insert(best, at, t)[:min(n, len(best)+1)]
	}
	return best
}

func (m *Matcher) count(s *search) {
	for _, tag := range s.found {
		for _, t := range m.grants.byTag[tag] {
			if s.counts[t] == 0 {
				s.granting = append(s.granting, t)
			}
			s.counts[t]++
		}
	}
}

// compare is negative if template a is better than b, and never 0 for two of them.
func (m *Matcher) compare(s *search, a, b int32) int {
	if more := s.counts[b] - s.counts[a]; more != 0 {
		return int(more)
	}
	if rarer := m.rarer(s, m.grants.templates[a].tags, m.grants.templates[b].tags); rarer != 0 {
		return rarer
	}
	return int(a - b)
}

// rarer compares the tags found of two templates, as many of each: the rarest with the rarest, and so on.
func (m *Matcher) rarer(s *search, a, b []int32) int {
	for {
		a, b = m.skip(s, a), m.skip(s, b)
		if len(a) == 0 || len(b) == 0 {
			return 0
		}
		if d := m.grants.common(a[0]) - m.grants.common(b[0]); d != 0 {
			return d
		}
		a, b = a[1:], b[1:]
	}
}

// skip leaves out the tags that were not found before the next one that was.
func (m *Matcher) skip(s *search, tags []int32) []int32 {
	for len(tags) > 0 && !s.hits[tags[0]].found {
		tags = tags[1:]
	}
	return tags
}
