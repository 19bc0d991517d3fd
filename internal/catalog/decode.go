package catalog

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

var (
	nodeErrorForm = regexp.MustCompile(`^(\d+):(\d+) (.*)$`)
	unknownField  = regexp.MustCompile(`^unknown field "([^"]*)"`)
	unknownValue  = regexp.MustCompile(`^unknown enum value "([^"]*)"`)
	notANumber    = regexp.MustCompile(`^invalid (?:float|integer|unsigned integer): .*parsing ("[^"]*")`)
	notATime      = regexp.MustCompile(`^invalid timestamp: parsing time ("[^"]*")`)
	violationForm = regexp.MustCompile(`^(\S+): (.*) \([a-z0-9_.]+\)$`)
)

// decodeProblems takes protoyaml's joined error apart. A value that could not be read is not also reported as against the rules.
func (r *parser) decodeProblems(name string, err error) Problems {
	if err == nil {
		return nil
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	unread := map[[2]int]bool{}
	var out Problems
	for _, e := range all {
		p, violation := r.decodeProblem(name, e)
		at := [2]int{p.Line, p.Column}
		if violation && unread[at] {
			continue
		}
		unread[at] = unread[at] || !violation
		out = append(out, p)
	}
	return out
}

// decodeProblem puts one error into the words of operators; violation tells that the value was read, but is not allowed.
func (r *parser) decodeProblem(name string, err error) (p Problem, violation bool) {
	text, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), name+":"), "\n")
	m := nodeErrorForm.FindStringSubmatch(text)
	if m == nil {
		return Problem{File: name, Line: 1, Column: 1, Message: text}, false
	}
	p = Problem{File: name, Message: m[3]}
	p.Line, _ = strconv.Atoi(m[1])
	p.Column, _ = strconv.Atoi(m[2])
	if v := violationForm.FindStringSubmatch(p.Message); v != nil {
		p.Message, p.Hint = violationText(lastName(v[1]), v[2])
		return p, true
	}
	p.Message, p.Hint = r.decodeText(p.Message)
	return p, false
}

func (r *parser) decodeText(msg string) (text, hint string) {
	if m := unknownField.FindStringSubmatch(msg); m != nil {
		_, listed, _ := strings.Cut(strings.TrimSuffix(msg, "]"), "[")
		here := func() []string { return strings.FieldsFunc(listed, func(c rune) bool { return c == ',' || c == ' ' }) }
		hint = r.speller.DidYouMean(m[1], here)
		if hint == "" && strings.HasSuffix(listed, "..") { // not all that can be here are listed
			hint = r.speller.DidYouMean(m[1], r.fields)
		}
		if hint == "" || strings.Contains(hint, strconv.Quote(m[1])) { // a key that is right elsewhere would be its own hint
			hint = "expected one of " + listed
		}
		return fmt.Sprintf("unknown key %q", m[1]), hint
	}
	if m := unknownValue.FindStringSubmatch(msg); m != nil {
		return fmt.Sprintf("unknown value %q", m[1]), r.speller.DidYouMean(m[1], r.values)
	}
	if m := notANumber.FindStringSubmatch(msg); m != nil {
		return m[1] + " is not a number", ""
	}
	if m := notATime.FindStringSubmatch(msg); m != nil {
		return m[1] + " is not a time", timeHint(m[1])
	}
	switch msg {
	case "expected sequence, got scalar":
		return "a list is needed here, not a single value", "write [ ] around it"
	case "expected scalar, got sequence":
		return "a single value is needed here, not a list", ""
	}
	return strings.NewReplacer("sequence", "list", "scalar", "single value", "!!", "").Replace(msg), ""
}

// timeHint shows the form of a time, with the day where one was given.
func timeHint(quoted string) string {
	day, err := time.Parse(time.DateOnly, strings.Trim(quoted, `"`))
	if err != nil {
		day = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return "write day, time and offset: " + day.Format(`"2006-01-02T15:04:05+08:00"`)
}

// violationText says what is allowed in place of the form in which the protos state it.
func violationText(field, rule string) (text, hint string) {
	switch {
	case strings.Contains(rule, "[a-z][a-z0-9_]{0,63}"):
		return field + ": this name is not allowed", "use lower-case letters, digits and _, at most 64, a letter first"
	case strings.Contains(rule, ":[0-5][0-9]"):
		return field + ": this is not a time of the day", `write "HH:MM"`
	case strings.Contains(rule, "must not be in list [0]"):
		return field + " is missing", ""
	default:
		return field + ": " + rule, ""
	}
}

// lastName returns "value" of "templates[3].levels[0].value".
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// vocabulary returns the names of all fields and enum values below a message, for hints.
func vocabulary(root protoreflect.MessageDescriptor) (fields, values []string) {
	seen := map[protoreflect.FullName]bool{}
	var walk func(m protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if !m.IsMapEntry() {
				fields = append(fields, string(f.Name()))
			}
			if f.Message() != nil {
				walk(f.Message())
			}
			if f.Enum() != nil && !seen[f.Enum().FullName()] {
				seen[f.Enum().FullName()] = true
				values = append(values, valueNames(f.Enum())...)
			}
		}
	}
	walk(root)
	return fields, values
}

func valueNames(e protoreflect.EnumDescriptor) []string {
	var out []string
	for i := 1; i < e.Values().Len(); i++ { // 0 is never written
		out = append(out, string(e.Values().Get(i).Name()))
	}
	return out
}
