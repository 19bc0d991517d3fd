package main

import (
	"slices"
	"strings"
)

// enumNames returns the names of an enum's values in their order, without that which stands for nothing.
func enumNames(values map[string]int32) []string {
	var names []string
	for name, v := range values {
		if v != 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return int(values[a] - values[b]) })
	return names
}

// enumValue finds an enum's value by its name in any case.
func enumValue(flag, text string, values map[string]int32) (int32, error) {
	if v, ok := values[strings.ToUpper(strings.ReplaceAll(text, "-", "_"))]; ok && v != 0 {
		return v, nil
	}
	return 0, usagef("%s: %q is none of %s", flag, text, strings.Join(enumNames(values), ", "))
}
