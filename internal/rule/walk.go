package rule

import (
	"fmt"
	"sort"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// usedSegments returns the names of the segments that a rule refers to, in order.
func usedSegments(r *Rule) []string {
	if r == nil {
		return nil
	}
	checked, err := r.checked()
	if err != nil {
		return nil
	}
	seen := map[string]bool{}
	visit(checked, func(e ast.Expr) {
		if e.Kind() == ast.IdentKind {
			if name, ok := strings.CutPrefix(e.AsIdent(), segmentPrefix); ok {
				seen[name] = true
			}
		}
	})
	out := make([]string, 0, len(seen))
	for n := range seen {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

func visit(checked *cel.Ast, f func(ast.Expr)) {
	ast.PreOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(f))
}

// undeclared finds custom attributes that the catalogue does not declare. The checker has turned those that it does declare into
// plain variables, so any use of the map that is left is one too many, save has(customer.attributes.NAME).
func (s *Set) undeclared(checked *cel.Ast) []Problem {
	tested := map[int64]bool{}
	visit(checked, func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || !e.AsSelect().IsTestOnly() {
			return
		}
		if op := e.AsSelect().Operand(); s.isDeclared(checked, op, e.AsSelect().FieldName()) {
			tested[op.ID()] = true
		}
	})
	var out []Problem
	visit(checked, func(e ast.Expr) {
		if owner := attributesOwner(checked, e); owner != "" && !tested[e.ID()] {
			out = append(out, s.undeclaredProblem(checked, e, owner))
		}
	})
	return out
}

func (s *Set) isDeclared(checked *cel.Ast, e ast.Expr, name string) bool {
	_, ok := s.declared(attributesOwner(checked, e))[name]
	return ok
}

func (s *Set) declared(owner string) map[string]surprisev1.AttributeType {
	switch owner {
	case "customer":
		return s.schema.Customer
	case "moment":
		return s.schema.Moment
	}
	return nil
}

// attributesOwner returns "customer" or "moment" if e selects their map of attributes.
func attributesOwner(checked *cel.Ast, e ast.Expr) string {
	if e.Kind() != ast.SelectKind || e.AsSelect().FieldName() != "attributes" {
		return ""
	}
	switch checked.NativeRep().GetType(e.AsSelect().Operand().ID()).TypeName() {
	case "surprise.v1.CustomerProfile":
		return "customer"
	case "surprise.v1.Moment":
		return "moment"
	}
	return ""
}

func (s *Set) undeclaredProblem(checked *cel.Ast, e ast.Expr, owner string) Problem {
	loc := checked.NativeRep().SourceInfo().GetStartLocation(e.ID())
	p := Problem{Line: loc.Line(), Column: loc.Column(), Message: fmt.Sprintf("this attribute of %s is not declared", owner)}
	p.Hint = fmt.Sprintf("declare it under attributes.%s and write %s.attributes.NAME", owner, owner)
	if n := s.declaredNames(owner); len(n) > 0 {
		p.Hint += "; declared are " + surprise.List(n)
	}
	return p
}

// unguarded warns about optional fields that are read without has(): absent they read as 0.
func (s *Set) unguarded(checked *cel.Ast) []Problem {
	guarded, read := optionals(checked)
	var out []Problem
	for path, e := range read {
		if !guarded[path] {
			loc := checked.NativeRep().SourceInfo().GetStartLocation(e.ID())
			out = append(out, Problem{Line: loc.Line(), Column: loc.Column(), Warning: true,
				Message: path + " may be absent and then reads as 0", Hint: "write has(" + path + ") && ..."})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Message < out[j].Message })
	return out
}

// optionals returns the paths of optional fields that a rule asks for by has(), and where it reads some.
func optionals(checked *cel.Ast) (guarded map[string]bool, read map[string]ast.Expr) {
	guarded, read = map[string]bool{}, map[string]ast.Expr{}
	visit(checked, func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || !isOptional(checked, e) {
			return
		}
		path := pathOf(e)
		if e.AsSelect().IsTestOnly() {
			guarded[path] = true
		} else {
			read[path] = e
		}
	})
	return guarded, read
}

func isOptional(checked *cel.Ast, e ast.Expr) bool {
	owner := checked.NativeRep().GetType(e.AsSelect().Operand().ID()).TypeName()
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(owner))
	if err != nil {
		return false
	}
	m, ok := d.(protoreflect.MessageDescriptor)
	if !ok {
		return false
	}
	f := m.Fields().ByName(protoreflect.Name(e.AsSelect().FieldName()))
	return f != nil && f.HasOptionalKeyword()
}

func pathOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.SelectKind:
		return pathOf(e.AsSelect().Operand()) + "." + e.AsSelect().FieldName()
	case ast.IdentKind:
		return e.AsIdent()
	}
	return "..."
}
