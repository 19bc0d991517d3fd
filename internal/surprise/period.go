package surprise

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Period is a length of time as operators write it: "90d", "2w", "12h", "1h30m" of exact length (a day is 24 hours), or by
// the calendar: "P1Y", "P3M", "P1Y2M10D" (a year later is the same date, whatever leap days lie between).
// The zero value is no time at all.
type Period struct {
	Years, Months, Days int
	Exact               time.Duration
}

// MaxPeriod bounds every period: longer ones are surely a slip of the pen.
const MaxPeriod = 100 * 365 * 24 * time.Hour

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// ParsePeriod reads a period. The empty text is the zero period.
func ParsePeriod(s string) (Period, error) {
	if s == "" {
		return Period{}, nil
	}
	p, err := parseExact(s)
	if strings.HasPrefix(s, "P") {
		p, err = parseCalendar(s)
	}
	if err != nil {
		return Period{}, err
	}
	if p.atMost() > MaxPeriod {
		return Period{}, fmt.Errorf("period %q is longer than 100 years", s)
	}
	return p, nil
}

var (
	exactPart    = regexp.MustCompile(`^(\d{1,9})(ms|w|d|h|m|s)`)
	calendarForm = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?$`)
)

func parseExact(s string) (Period, error) {
	var total time.Duration
	rest := s
	for rest != "" {
		m := exactPart.FindStringSubmatch(rest)
		if m == nil {
			return Period{}, fmt.Errorf(`%q is not a period: write for example "90d", "12h", "15m" or "P1Y"`, s)
		}
		n, _ := strconv.Atoi(m[1])
		unit := map[string]time.Duration{"w": week, "d": day, "h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond}[m[2]]
		if time.Duration(n) > MaxPeriod/unit {
			return Period{}, fmt.Errorf("period %q is longer than 100 years", s)
		}
		total += time.Duration(n) * unit
		rest = rest[len(m[0]):]
	}
	return Period{Exact: total}, nil
}

func parseCalendar(s string) (Period, error) {
	m := calendarForm.FindStringSubmatch(s)
	if m == nil || s == "P" {
		return Period{}, fmt.Errorf(`%q is not a calendar period: write for example "P1Y", "P3M" or "P10D"`, s)
	}
	n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v }
	return Period{Years: n(1), Months: n(2), Days: 7*n(3) + n(4)}, nil
}

// IsZero reports whether p is no time at all.
func (p Period) IsZero() bool { return p == Period{} }

// AddTo returns the time that is p after t, by the calendar of loc.
func (p Period) AddTo(t time.Time, loc *time.Location) time.Time {
	if p.Years != 0 || p.Months != 0 || p.Days != 0 {
		t = addMonths(t.In(loc), 12*p.Years+p.Months).AddDate(0, 0, p.Days)
	}
	return t.Add(p.Exact)
}

// addMonths keeps the day of the month, or takes the month's last where it is shorter: a year after 29 February is 28 February.
func addMonths(t time.Time, n int) time.Time {
	moved := t.AddDate(0, n, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved
}

// AtMost returns a length that p never exceeds, whatever the calendar.
func (p Period) AtMost() time.Duration { return p.atMost() }

func (p Period) atMost() time.Duration {
	days := 366*p.Years + 31*p.Months + p.Days
	return time.Duration(days)*day + p.Exact
}

// String returns p as operators write it.
func (p Period) String() string {
	if p.Exact == 0 && !p.IsZero() {
		var b strings.Builder
		b.WriteByte('P')
		for _, part := range []struct {
			n    int
			unit byte
		}{{p.Years, 'Y'}, {p.Months, 'M'}, {p.Days, 'D'}} {
			if part.n != 0 {
				fmt.Fprintf(&b, "%d%c", part.n, part.unit)
			}
		}
		return b.String()
	}
	return exactString(p.Exact)
}

func exactString(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d%u.of == 0 {
			return fmt.Sprintf("%d%s", d/u.of, u.name)
		}
	}
	return d.String()
}
