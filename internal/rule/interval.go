package rule

import (
	"math"

	"cel.dev/cel-go/common/operators"
)

// notIn is the operator that CEL has no name for.
const notIn = "!in"

// interval is a range of numbers; an open end does not belong to it.
type interval struct {
	low, high         float64
	openLow, openHigh bool
}

func everything() interval { return interval{low: math.Inf(-1), high: math.Inf(1)} }

// limitsOf returns where thing < n, thing <= n and so on hold.
func limitsOf(operator string, n float64) (interval, bool) {
	i := everything()
	switch operator {
	case operators.Less:
		i.high, i.openHigh = n, true
	case operators.LessEquals:
		i.high = n
	case operators.Greater:
		i.low, i.openLow = n, true
	case operators.GreaterEquals:
		i.low = n
	default:
		return i, false
	}
	return i, true
}

func (i interval) intersect(j interval) interval {
	if j.low > i.low || j.low == i.low && j.openLow {
		i.low, i.openLow = j.low, j.openLow
	}
	if j.high < i.high || j.high == i.high && j.openHigh {
		i.high, i.openHigh = j.high, j.openHigh
	}
	return i
}

// whole moves the ends to the whole numbers that belong to it.
func (i interval) whole() interval {
	low, high := math.Ceil(i.low), math.Floor(i.high)
	if i.openLow && low == i.low {
		low++
	}
	if i.openHigh && high == i.high {
		high--
	}
	return interval{low: low, high: high}
}

func (i interval) empty() bool {
	return i.low > i.high || i.low == i.high && (i.openLow || i.openHigh)
}

func (i interval) contains(n float64) bool {
	return i.low <= n && n <= i.high && (n != i.low || !i.openLow) && (n != i.high || !i.openHigh)
}

// only returns the one number that is left, if it is one.
func (i interval) only() (float64, bool) { return i.low, i.low == i.high && !i.openLow && !i.openHigh }

// mirrored returns the operator for exchanged sides, where there is one.
func mirrored(operator string) string {
	return other(operator, [][2]string{{operators.Less, operators.Greater}, {operators.LessEquals, operators.GreaterEquals}})
}

// opposite returns the operator that holds where this one is false. That a comparison fails, as with a number that is none, makes no
// difference: then neither holds.
func opposite(operator string) string {
	return other(operator, [][2]string{{operators.Less, operators.GreaterEquals}, {operators.LessEquals, operators.Greater},
		{operators.Equals, operators.NotEquals}, {operators.In, notIn}})
}

func other(operator string, pairs [][2]string) string {
	for _, p := range pairs {
		switch operator {
		case p[0]:
			return p[1]
		case p[1]:
			return p[0]
		}
	}
	return operator
}
