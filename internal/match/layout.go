package match

import (
	"cmp"
	"math"
	"slices"

	"github.com/surprise-service/surprised/internal/catalog"
)

const (
	wordBits = 64
	// chunk is how many words of bits a unit has: the kernel takes them in one go.
	chunk = 8
	// unitRows is how many rows a unit has room for, blockUnits how many units lie together in a block.
	unitRows   = chunk * wordBits
	blockUnits = 4
	// singly is how many units are searched one by one: the best are often among them. After those a search takes whole blocks.
	singly = 2 * blockUnits
)

// line is a row in its place.
type line struct {
	template *catalog.Template // nil: dead, there only to fill a unit up
	most     float64           // its ceiling at the highest factor
	conjunction
}

// layout is the rows in the order of the search: templates that may score highest first, all rows of one in the same unit.
type layout struct {
	lines []line
	most  int // rows of a unit
	units int
	// words are those of a block.
	words, blocks int
	// seen is how many templates are in a unit and those before it.
	seen []int
	// top is the ceiling by distinct factor of the stages and unit: the highest from that unit on.
	top [][]float64
}

func newLayout(templates []*catalog.Template, rows [][]conjunction, ceilings [][]float64, most int) *layout {
	l := &layout{most: most, top: make([][]float64, len(ceilings))}
	highest := ceilings[len(ceilings)-1]
	for _, i := range byCeiling(highest) {
		l.add(templates[i], highest[i], rows[i])
		for f, c := range ceilings {
			l.top[f][l.units-1] = max(l.top[f][l.units-1], c[i])
		}
	}
	l.finish()
	return l
}

// byCeiling is the order of the templates: by falling ceiling.
func byCeiling(highest []float64) []int {
	order := make([]int, len(highest))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(highest[b], highest[a]) })
	return order
}

func (l *layout) add(t *catalog.Template, most float64, rows []conjunction) {
	if l.units == 0 || len(l.lines)-(l.units-1)*unitRows+len(rows) > l.most {
		l.begin()
	}
	for _, r := range rows {
		l.lines = append(l.lines, line{t, most, r})
	}
	l.seen[l.units-1]++
}

// begin fills the last unit up with dead rows and begins another.
func (l *layout) begin() {
	l.pad(l.units)
	before := 0
	if l.units > 0 {
		before = l.seen[l.units-1]
	}
	l.seen = append(l.seen, before)
	for f := range l.top {
		l.top[f] = append(l.top[f], math.Inf(-1))
	}
	l.units++
}

func (l *layout) pad(units int) {
	for len(l.lines) < units*unitRows {
		l.lines = append(l.lines, line{})
	}
}

// finish makes the ceilings hold for all later units too, and fills the last block up.
func (l *layout) finish() {
	if l.units == 0 {
		l.begin()
	}
	for _, top := range l.top {
		for u := l.units - 2; u >= 0; u-- {
			top[u] = max(top[u], top[u+1])
		}
	}
	inBlock := min(l.units, blockUnits)
	l.words, l.blocks = inBlock*chunk, (l.units+inBlock-1)/inBlock
	l.pad(l.blocks * inBlock)
}

// step returns the unit up to which a search goes on from another.
func (l *layout) step(from int) int {
	if from < singly {
		return from + 1
	}
	return min(from+blockUnits, l.units)
}
