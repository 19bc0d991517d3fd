package match

import "github.com/surprise-service/surprised/internal/catalog"

// NewTuned is NewIndex with blocks of so many rows, at most so many slots for an attribute, and what a check costs beside a column: 0 makes all
// of them checks, much makes none.
func NewTuned(cat *catalog.Catalog, ceiling Ceiling, rows, slots int, check float64) *Index {
	return newIndex(cat, ceiling, tuning{rows: rows, slots: slots, check: check})
}
