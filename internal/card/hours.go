package card

import (
	"fmt"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

const (
	dayMinutes  = 24 * 60
	weekMinutes = 7 * dayMinutes
)

// run is a time in which it is open, in minutes since Monday's midnight; to is beyond the week where it runs over Sunday's.
type run struct{ from, to int }

// openHours lists when it is open, as "MONDAY 09:00-18:00"; empty: always. A span over midnight belongs to the day on which it begins. It asks
// for one week without changes of clocks, so that what is printed is what the gate does. ok is false for what is never open.
func openHours(h catalog.Hours) (spans []string, ok bool) {
	runs := runsOf(h)
	if len(runs) == 1 && runs[0] == (run{0, weekMinutes}) {
		return nil, true
	}
	for _, r := range joinSunday(runs) {
		spans = append(spans, r.days()...)
	}
	return spans, len(spans) > 0
}

func runsOf(h catalog.Hours) []run {
	monday := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC) // any Monday
	var out []run
	for m := 0; m < weekMinutes; m++ {
		open, next := h.Open(monday.Add(time.Duration(m)*time.Minute), time.UTC)
		last := len(out) - 1
		switch {
		case open && last >= 0 && out[last].to == m:
			out[last].to++
		case open:
			out = append(out, run{m, m + 1})
		case next.IsZero():
			return out
		default:
			m = int(next.Sub(monday)/time.Minute) - 1
		}
	}
	return out
}

// joinSunday makes one of what is open from Sunday into Monday.
func joinSunday(runs []run) []run {
	last := len(runs) - 1
	if last < 1 || runs[0].from != 0 || runs[last].to != weekMinutes || runs[0].to+weekMinutes-runs[last].from > dayMinutes {
		return runs
	}
	runs[last].to += runs[0].to
	return runs[1:]
}

// days cuts a run that is longer than a day at its midnights.
func (r run) days() []string {
	if r.to-r.from <= dayMinutes {
		return []string{r.String()}
	}
	var out []string
	for from := r.from; from < r.to; {
		to := min(r.to, (from/dayMinutes+1)*dayMinutes)
		out = append(out, run{from, to}.String())
		from = to
	}
	return out
}

// String names the day of the week and the times.
func (r run) String() string {
	day := surprisev1.Weekday(r.from/dayMinutes%7 + 1) //nolint:gosec // 1 to 7
	to := r.to % dayMinutes
	if to == 0 {
		to = dayMinutes
	}
	from := r.from % dayMinutes
	return fmt.Sprintf("%s %02d:%02d-%02d:%02d", day, from/60, from%60, to/60, to%60)
}
