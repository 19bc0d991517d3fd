package calendar

import "slices"

// Named returns the occasion of a name that needs no definition: birthday, membership, first_visit, relative_birthday, and the festivals.
func Named(name string) (s Spec, ok bool) {
	switch name {
	case "birthday":
		return Spec{Birthday: true}, true
	case "membership":
		return Spec{Membership: true}, true
	case "first_visit":
		return Spec{Visit: 1}, true
	case "relative_birthday":
		return Spec{Relative: "any"}, true
	}
	if slices.Contains(Festivals(), name) {
		return Spec{Festival: name}, true
	}
	return Spec{}, false
}

// Names returns all names that Named knows.
func Names() []string {
	return append([]string{"birthday", "membership", "first_visit", "relative_birthday"}, Festivals()...)
}
