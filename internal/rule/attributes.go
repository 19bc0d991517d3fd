package rule

import (
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/overloads"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

const (
	customerAttributes = "customer.attributes."
	momentAttributes   = "moment.attributes."
)

// attributeOf returns the attribute that an expression reads, or nil where only CEL can read it.
func (s *Set) attributeOf(e ast.Expr) *Attribute {
	name, f := s.fieldOf(e)
	if !f.reads() {
		return nil
	}
	return s.interned.attribute(name, f)
}

// fieldOf returns how an expression is read, and its name; without a reader where only CEL can.
func (s *Set) fieldOf(e ast.Expr) (string, field) {
	switch e.Kind() {
	case ast.IdentKind, ast.SelectKind:
		path := strings.TrimPrefix(pathOf(e), ".")
		if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
			return "has(" + path + ")", s.presence(path)
		}
		return path, s.variable(path)
	case ast.CallKind:
		return s.function(e.AsCall())
	default:
		return "", field{}
	}
}

// variable is what a path reads: a field, a custom attribute, or what a macro put in for an occasion.
func (s *Set) variable(path string) field {
	if f, ok := s.fields.scalars[path]; ok {
		return f
	}
	if place, t, ok := s.custom(path); ok {
		return customField(place, t)
	}
	if name, ok := strings.CutPrefix(path, occasionPrefix); ok {
		return occasionField(s.occasions[name])
	}
	if name, ok := strings.CutPrefix(path, daysToPrefix); ok {
		return daysToField(s.occasions[name])
	}
	return field{}
}

// custom returns the place of a custom attribute among all that are declared, and its type.
func (s *Set) custom(path string) (place int, t surprisev1.AttributeType, ok bool) {
	for _, d := range []*declarations{s.customers, s.moments} {
		if name, is := strings.CutPrefix(path, d.owner); is {
			if i, ok := d.index[name]; ok {
				return d.first + i, d.all[i].kind, true
			}
		}
	}
	return 0, 0, false
}

// presence is has(path), by the kind of what is there: messages, optional and custom fields are set or not, all else differs from its default.
func (s *Set) presence(path string) field {
	if has := s.fields.messages[path]; has != nil {
		return boolField(has)
	}
	if size := s.fields.sizes[path]; size != nil {
		return boolField(func(f *Facts) bool { return size(f) > 0 })
	}
	if place, _, ok := s.custom(path); ok {
		return customPresence(path, place)
	}
	f, ok := s.fields.scalars[path]
	switch {
	case !ok:
		return field{}
	case f.has != nil:
		return boolField(f.has)
	default:
		return boolField(func(facts *Facts) bool { return f.differs(facts) })
	}
}

// differs tells that what is read is not the default of its type.
func (r reader) differs(f *Facts) bool {
	switch {
	case r.text != nil:
		v, _ := r.text(f)
		return v != ""
	case r.texts != nil:
		v, _ := r.texts(f)
		return len(v) > 0
	case r.int != nil:
		v, _ := r.int(f)
		return v != 0
	default:
		return false
	}
}

func boolField(get func(f *Facts) bool) field {
	return field{kind: Bool, reader: reader{int: func(f *Facts) (int64, bool) { return oneIf(get(f)), true }}}
}

func intField(optional bool, get func(f *Facts) (int64, bool)) field {
	return field{kind: Int, optional: optional, reader: reader{int: get}}
}

// function is size() of a list or a text, and days_since() of a date.
func (s *Set) function(call ast.CallExpr) (string, field) {
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	switch {
	case call.FunctionName() == overloads.Size && len(args) == 1:
		name, of := s.sized(args[0])
		return "size(" + name + ")", of
	case call.FunctionName() == daysBetweenFunction && len(args) == 2 && args[1].Kind() == ast.IdentKind && args[1].AsIdent() == todayVariable:
		path := strings.TrimPrefix(pathOf(args[0]), ".")
		return "days_since(" + path + ")", daysSinceField(s.fields.dates[path])
	default:
		return "", field{}
	}
}

func (s *Set) sized(e ast.Expr) (string, field) {
	if e.Kind() != ast.IdentKind && e.Kind() != ast.SelectKind {
		return "", field{}
	}
	name, of := s.fieldOf(e)
	if size := s.fields.sizes[name]; size != nil {
		return name, intField(false, func(f *Facts) (int64, bool) { return int64(size(f)), true })
	}
	switch {
	case of.text != nil:
		return name, intField(of.optional, func(f *Facts) (int64, bool) {
			text, ok := of.text(f)
			return int64(utf8.RuneCountInString(text)), ok
		})
	case of.texts != nil:
		return name, intField(of.optional, func(f *Facts) (int64, bool) {
			texts, ok := of.texts(f)
			return int64(len(texts)), ok
		})
	default:
		return "", field{}
	}
}

func daysSinceField(date func(f *Facts) *surprisev1.Date) field {
	if date == nil {
		return field{}
	}
	return intField(true, func(f *Facts) (int64, bool) {
		d := date(f)
		from, err := midnight(int(d.GetYear()), int(d.GetMonth()), int(d.GetDay()))
		if err != nil {
			return 0, false
		}
		return daysFrom(from, f.midnight()), true
	})
}

func occasionField(index int) field {
	out := boolField(func(f *Facts) bool {
		days, known := f.daysToOccasion(index)
		return known && days == 0
	})
	out.costly = true
	return out
}

func daysToField(index int) field {
	out := intField(true, func(f *Facts) (int64, bool) {
		days, known := f.daysToOccasion(index)
		return int64(days), known
	})
	out.costly = true
	return out
}
