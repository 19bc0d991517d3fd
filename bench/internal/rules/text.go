package rules

import (
	"fmt"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Names is how an engine calls the attribute of that number.
type Names func(attribute int) string

// Flat are the names of attributes as they are.
func (c *Catalog) Flat(attribute int) string { return c.Attributes[attribute].Name }

// Path are their paths in a request of the service.
func (c *Catalog) Path(attribute int) string { return c.Attributes[attribute].Path }

// Text returns clauses as an expression of CEL, which is one of expr as well. No clauses are an empty text.
func (c *Catalog) Text(clauses [][]int, names Names) string {
	out := make([]string, len(clauses))
	for i, clause := range clauses {
		atoms := make([]string, len(clause))
		for j, a := range clause {
			atoms[j] = c.atomText(&c.Atoms[a], names)
		}
		out[i] = strings.Join(atoms, " || ")
		if len(atoms) > 1 {
			out[i] = "(" + out[i] + ")"
		}
	}
	return strings.Join(out, " && ")
}

// atomText asks whether an optional attribute is there before it asks for its value.
func (c *Catalog) atomText(a *Atom, names Names) string {
	name := names(a.Attribute)
	text := a.text(name)
	if c.Attributes[a.Attribute].Optional() {
		return "has(" + name + ") && " + text
	}
	return text
}

func (a *Atom) text(name string) string {
	switch a.Op {
	case In:
		return oneOf(name, "==", "%s in %s", quoted(name, a.Values))
	case Not:
		return oneOf(name, "!=", "!(%s in %s)", quoted(name, a.Values))
	case AtLeast:
		return fmt.Sprintf("%s >= %d", name, a.Number)
	case Below:
		return fmt.Sprintf("%s < %d", name, a.Number)
	case Yes:
		return name
	case No:
		return "!" + name
	case Has:
		return fmt.Sprintf("%q in %s", a.Values[0], name)
	default:
		return fmt.Sprintf("!(%q in %s)", a.Values[0], name)
	}
}

func oneOf(name, operator, list string, values []string) string {
	if len(values) == 1 {
		return name + " " + operator + " " + values[0]
	}
	return fmt.Sprintf(list, name, "["+strings.Join(values, ", ")+"]")
}

// quoted returns the values as literals. In a request the channel is a number.
func quoted(name string, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
		if name == "moment.channel" {
			out[i] = fmt.Sprint(surprisev1.Channel_value[v])
		}
	}
	return out
}
