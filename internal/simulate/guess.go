package simulate

import (
	"slices"
	"time"

	"github.com/surprise-service/surprised/internal/calendar"
)

// The guesses by their names in reports.
const (
	// SameDate: as on this date of an earlier year.
	SameDate = "same_date"
	// SameInterval: as long after the last one as that was after the one before.
	SameInterval = "same_interval"
	// EveryVisit: nearly every visit so far brought it.
	EveryVisit = "every_visit"
	// KnownOccasion: the occasion never passed without it, if the customer came.
	KnownOccasion = "known_occasion"
)

const (
	// tolerance is how far off a guess may be, in days.
	tolerance = 1
	// Nearly every visit is more than this share of at least so many.
	everyVisitFrom   = 0.8
	everyVisitVisits = 3
)

// observer knows what somebody knows of one template who has seen all visits of one customer until now, and their calendar.
type observer struct {
	template string
	gifts    []time.Time // civil days
	visits   int
	with     int // visits that brought it
	// occurrences tells of each that had a visit whether it brought the surprise.
	occurrences map[string]bool
}

// see takes note of a visit after it was guessed about.
func (o *observer) see(v Visit) {
	brought := slices.Contains(v.Gifts, o.template)
	o.visits++
	if brought {
		o.with++
		o.gifts = append(o.gifts, v.Day)
	}
	if id := v.Occasions[o.template]; id != "" {
		o.occurrences[id] = o.occurrences[id] || brought
	}
}

// guesses returns which guesses say that the surprise comes with this visit.
func (o *observer) guesses(v Visit) []string {
	var out []string
	for _, g := range []struct {
		name  string
		right bool
	}{
		{SameDate, o.sameDate(v.Day)}, {SameInterval, o.sameInterval(v.Day)}, {EveryVisit, o.everyVisit()}, {KnownOccasion, o.knownOccasion(v.Occasions[o.template])},
	} {
		if g.right {
			out = append(out, g.name)
		}
	}
	return out
}

// sameDate compares with one year later, two years later and so on; 29 February comes back on 1 March, which is near enough.
func (o *observer) sameDate(day time.Time) bool {
	return slices.ContainsFunc(o.gifts, func(past time.Time) bool {
		for again := past.AddDate(1, 0, 0); !again.After(day.AddDate(0, 0, tolerance)); again = again.AddDate(1, 0, 0) {
			if near(again, day) {
				return true
			}
		}
		return false
	})
}

func (o *observer) sameInterval(day time.Time) bool {
	n := len(o.gifts)
	if n < 2 {
		return false
	}
	last := o.gifts[n-1]
	return near(last.Add(last.Sub(o.gifts[n-2])), day)
}

func near(a, b time.Time) bool {
	days := calendar.Days(a, b)
	return days >= -tolerance && days <= tolerance
}

func (o *observer) everyVisit() bool {
	return o.visits >= everyVisitVisits && share(o.with, o.visits) > everyVisitFrom
}

// knownOccasion needs an occurrence before this one, and none that passed without the surprise although the customer came.
func (o *observer) knownOccasion(current string) bool {
	if current == "" {
		return false
	}
	before := 0
	for id, brought := range o.occurrences {
		switch {
		case id == current && !brought:
			continue // it has only begun
		case !brought:
			return false
		default:
			before++
		}
	}
	return before > 0
}
