package match

import (
	"cmp"
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// cluster puts the rows of a block in an order in which those for the same stages and channels are together, so that whole units of it can be
// passed over (Lemire, Kaser and Aouiche, "Sorting improves word-aligned bitmap indexes", 2010). What a search does at a time stays together,
// for its ceiling is that of all, and so do the rows of a template.
func (l *layout) cluster(stages []*catalog.Stage) {
	for from := 0; from < l.units; from = l.step(from) {
		lines := l.lines[from*unitRows : min(l.step(from)*unitRows, len(l.lines))]
		all := make([]keyed, len(lines))
		for i := range lines {
			all[i] = keyedOf(&lines[i], stages)
		}
		slices.SortStableFunc(all, func(a, b keyed) int {
			return cmp.Or(cmp.Compare(a.stages, b.stages), cmp.Compare(a.channels, b.channels))
		})
		for i := range all {
			lines[i] = all[i].line
		}
	}
}

// keyed is a line with the sets of its stages and channels; those of dead lines are empty.
type keyed struct {
	stages, channels uint64
	line
}

func keyedOf(l *line, stages []*catalog.Stage) keyed {
	out := keyed{line: *l}
	if l.template == nil {
		return out
	}
	for i := range wordBits {
		if i < len(stages) && l.template.OnStage(stages[i]) {
			out.stages |= 1 << i
		}
		if l.template.OnChannel(surprisev1.Channel(i)) { //nolint:gosec // below 64
			out.channels |= 1 << i
		}
	}
	return out
}
