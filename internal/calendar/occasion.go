package calendar

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Spec says which personal or public day an occasion is. Exactly one part is set.
type Spec struct {
	// Birthday is the customer's own.
	Birthday bool
	// Relative is the birthday of somebody around the customer: the kind of relation, or "any". It needs that person's consent.
	Relative string
	// Membership is the anniversary of joining, from the first one on.
	Membership bool
	// Visit is the visit of this number, 1 the first. It is a moment, not a day: windows do not widen it.
	Visit int
	// Absent is the return after at least so many days. It is a moment as well.
	Absent int
	// Festival is the id of a festival that this package knows.
	Festival string
	// Month and Day are a fixed day of every year.
	Month time.Month
	Day   int
}

// Policy is what a catalogue says of birthdays that not every year has.
type Policy struct {
	LeapDay   surprisev1.LeapDay
	LeapMonth surprisev1.LeapMonth
}

// State says whether an occasion can be told.
type State int

// The states.
const (
	// Unknown: the profile does not have what the occasion needs.
	Unknown State = iota
	// Known: the occurrence is the one whose window has today in it, else the next one.
	Known
	// Never: it does not come again.
	Never
)

// Window is how long before and after its day an occasion may be celebrated, in whole days.
type Window struct{ Before, After int }

// Finding is where today stands to an occasion.
type Finding struct {
	Occurrence
	State State
	// In tells that today is inside the window of the occurrence.
	In bool
}

// DaysTo returns the days from today to the day of the occurrence; ok is false where there is none.
func (f Finding) DaysTo(today time.Time) (days int, ok bool) {
	return Days(today, f.Day), f.State == Known && !f.Day.IsZero()
}

// Find looks an occasion up for a customer.
func (c *Calendar) Find(s Spec, customer *surprisev1.CustomerProfile, p Policy, today time.Time, w Window) Finding {
	return c.FindUnused(s, customer, p, today, w, func(string) bool { return false })
}

// FindUnused prefers, where several windows are open at once (twins), an occurrence that was not used yet.
func (c *Calendar) FindUnused(s Spec, customer *surprisev1.CustomerProfile, p Policy, today time.Time, w Window, used func(occurrence string) bool) Finding {
	switch {
	case s.Birthday:
		return c.findBirthday("birthday", customer.GetBirthday(), p, today, w)
	case s.Relative != "":
		return c.findRelative(s.Relative, customer.GetRelations(), p, today, w, used)
	case s.Membership:
		return findMembership(customer.GetMemberSince(), p, today, w)
	case s.Visit > 0:
		return findVisit(s.Visit, int(customer.GetVisits().GetTotal()), today)
	case s.Absent > 0:
		return findReturn(s.Absent, customer.GetVisits().GetLast(), today)
	case s.Festival != "":
		f, year := yearly(today, w, func(year int) (time.Time, bool) { return c.festivalIn(s.Festival, year) })
		return f.named(s.Festival+"/", year)
	default:
		f, year := yearly(today, w, func(year int) (time.Time, bool) { return yearDay(year, s.Month, s.Day, p), true })
		return f.named(fmt.Sprintf("date-%02d-%02d/", s.Month, s.Day), year)
	}
}

// yearly finds the occurrence of a yearly day whose window has today in it, else the next one, and its year. Windows of two years can overlap when
// they are nearly a year long; the earlier one goes first.
func yearly(today time.Time, w Window, in func(year int) (time.Time, bool)) (next Finding, of int) {
	next = Finding{State: Never}
	for year := today.Year() - 2; year <= today.Year()+2; year++ {
		day, ok := in(year)
		if !ok || day.AddDate(0, 0, w.After).Before(today) {
			continue
		}
		found := Finding{Occurrence: Occurrence{Day: day}, State: Known}
		if !day.AddDate(0, 0, -w.Before).After(today) {
			found.In = true
			return found, year
		}
		if next.State == Never || day.Before(next.Day) {
			next, of = found, year
		}
	}
	return next, of
}

// named gives the occurrence that was found its id.
func (f Finding) named(prefix string, year int) Finding {
	if f.State == Known {
		f.ID = prefix + strconv.Itoa(year)
	}
	return f
}

func (c *Calendar) findBirthday(id string, b *surprisev1.Birthday, p Policy, today time.Time, w Window) Finding {
	if b == nil {
		return Finding{}
	}
	f, year := yearly(today, w, func(year int) (time.Time, bool) { return c.birthdayIn(b, p, year) })
	if b.GetCalendar() == surprisev1.Calendar_LUNAR {
		id += "/lunar-"
	} else {
		id += "/"
	}
	return f.named(id, year)
}

// findRelative takes the relative whose day is nearest: one whose window is open before the others.
func (c *Calendar) findRelative(kind string, relations []*surprisev1.Relation, p Policy, today time.Time, w Window, used func(string) bool) Finding {
	var best Finding
	for _, r := range relations {
		if kind != "any" && r.GetKind() != kind || r.GetConsent() != surprisev1.Consent_GIVEN {
			continue
		}
		f := c.findBirthday(relativeID(r), r.GetBirthday(), p, today, w)
		if f.State == Known && (best.State != Known || f.goesBefore(best, used)) {
			best = f
		}
	}
	return best
}

// goesBefore puts open windows first, among them those not used yet, and then the nearer day.
func (f Finding) goesBefore(g Finding, used func(string) bool) bool {
	switch {
	case f.In != g.In:
		return f.In
	case f.In && used(f.ID) != used(g.ID):
		return used(g.ID)
	default:
		return f.Day.Before(g.Day)
	}
}

// relativeID tells relatives apart without naming them.
func relativeID(r *surprisev1.Relation) string {
	h := fnv.New32a()
	b := r.GetBirthday()
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00%d\x00%d-%d", r.GetKind(), r.GetName(), b.GetCalendar(), b.GetMonth(), b.GetDay()) // never fails
	return fmt.Sprintf("relative-%08x", h.Sum32())
}

func findMembership(since *surprisev1.Date, p Policy, today time.Time, w Window) Finding {
	if since == nil {
		return Finding{}
	}
	f, year := yearly(today, w, func(year int) (time.Time, bool) {
		return yearDay(year, time.Month(since.GetMonth()), int(since.GetDay()), p), year > int(since.GetYear())
	})
	return f.named("membership/", year)
}

// findVisit needs to know how many visits there were, this one included.
func findVisit(n, total int, today time.Time) Finding {
	switch {
	case total == 0:
		return Finding{}
	case total > n:
		return Finding{State: Never}
	default:
		f := Finding{State: Known, In: total == n, Occurrence: Occurrence{ID: fmt.Sprintf("visit/%d", n)}}
		if f.In {
			f.Day = today
		}
		return f
	}
}

func findReturn(absent int, last *surprisev1.Date, today time.Time) Finding {
	if last == nil {
		return Finding{}
	}
	day := time.Date(int(last.GetYear()), time.Month(last.GetMonth()), int(last.GetDay()), 0, 0, 0, 0, time.UTC)
	f := Finding{State: Known, In: Days(day, today) >= absent, Occurrence: Occurrence{ID: "return/" + day.Format(time.DateOnly), Day: day.AddDate(0, 0, absent)}}
	if f.In {
		f.Day = today
	}
	return f
}

// leapDayIn moves 29 February in years that have none.
func leapDayIn(year int, month time.Month, day int, leap surprisev1.LeapDay) (time.Month, int) {
	if month != time.February || day != 29 || isLeap(year) {
		return month, day
	}
	if leap == surprisev1.LeapDay_MARCH_1 {
		return time.March, 1
	}
	return time.February, 28
}
