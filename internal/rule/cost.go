package rule

import (
	"math"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// Bounds of what requests may have, as the protos state them.
const (
	maxText       = 256 // the longest plain field, in code points
	maxList       = 100 // elements
	maxCategories = 200 // elements of moment.basket.categories
)

// bound is how much an expression can cost, at most, in CEL's units, and how large its value can be: the elements of a list or the code points
// of a text, and those of its elements.
type bound struct{ cost, size, element float64 }

// local is a variable of a loop.
type local struct {
	name string
	bound
}

// coster bounds the cost of a rule from its tree. It follows CEL's own account (interpreter/runtimecost.go) from above: it takes each node
// for a little more, and each size as large as requests allow. CEL's estimate needs several maps for each rule, and this only the tree.
type coster struct {
	checked *ast.AST
	locals  []local
}

// costOf returns more than what a rule costs, whatever a valid request has. Below CostLimit it is never ended.
func costOf(checked *ast.AST) float64 {
	c := coster{checked: checked}
	return c.bound(checked.Expr()).cost
}

func (c *coster) bound(e ast.Expr) bound {
	switch e.Kind() {
	case ast.LiteralKind:
		return bound{size: literalSize(e)}
	case ast.IdentKind:
		return c.ident(e)
	case ast.SelectKind:
		return c.selected(e)
	case ast.CallKind:
		return c.call(e)
	case ast.ListKind:
		return c.list(e)
	case ast.ComprehensionKind:
		return c.loop(e.AsComprehension())
	default:
		out := bound{cost: 50, size: math.Inf(1), element: math.Inf(1)}
		for _, part := range parts(e) {
			out.cost += c.bound(part).cost
		}
		return out
	}
}

func literalSize(e ast.Expr) float64 {
	switch v := e.AsLiteral().(type) {
	case types.String:
		return float64(len(v))
	case types.Bytes:
		return float64(len(v))
	default:
		return 1
	}
}

// sized gives numbers and the like the size that they have. Custom attributes have bounds that are checked with each request.
func (c *coster) sized(e ast.Expr, cost, text, list float64) bound {
	switch c.checked.GetType(e.ID()).Kind() {
	case types.BoolKind, types.IntKind, types.UintKind, types.DoubleKind, types.TimestampKind, types.DurationKind, types.StructKind:
		return bound{cost: cost, size: 1, element: 1}
	case types.StringKind:
		return bound{cost: cost, size: text, element: text}
	case types.ListKind:
		return bound{cost: cost, size: list, element: text}
	default:
		return bound{cost: cost, size: math.Inf(1), element: math.Inf(1)}
	}
}

func (c *coster) ident(e ast.Expr) bound {
	for i := len(c.locals) - 1; i >= 0; i-- {
		if c.locals[i].name == e.AsIdent() {
			out := c.locals[i].bound
			out.cost = 2
			return out
		}
	}
	return c.sized(e, 2, maxCustomText, maxCustomList)
}

func (c *coster) selected(e ast.Expr) bound {
	of := c.bound(e.AsSelect().Operand())
	length := float64(maxList)
	if e.AsSelect().FieldName() == "categories" {
		length = maxCategories
	}
	return c.sized(e, of.cost+2, maxText, length)
}

func (c *coster) list(e ast.Expr) bound {
	out := bound{cost: 12, size: float64(e.AsList().Size())}
	for _, element := range e.AsList().Elements() {
		b := c.bound(element)
		out.cost += b.cost
		out.element = max(out.element, b.size)
	}
	return out
}

func (c *coster) loop(loop ast.ComprehensionExpr) bound {
	over, first := c.bound(loop.IterRange()), c.bound(loop.AccuInit())
	accumulated := bound{size: first.size, element: math.Inf(1)}
	if loop.AccuInit().Kind() == ast.ListKind {
		accumulated.size = over.size + 1
	}
	outer := len(c.locals)
	c.locals = append(c.locals, local{loop.IterVar(), bound{size: over.element, element: math.Inf(1)}}, local{loop.AccuVar(), accumulated})
	if loop.HasIterVar2() {
		c.locals = append(c.locals, local{loop.IterVar2(), bound{size: math.Inf(1), element: math.Inf(1)}})
	}
	each := c.bound(loop.LoopCondition()).cost + c.bound(loop.LoopStep()).cost
	result := c.bound(loop.Result())
	c.locals = c.locals[:outer]
	result.cost += over.cost + first.cost + 2
	if over.size > 0 {
		result.cost += (over.size + 1) * each
	}
	return result
}

func (c *coster) call(e ast.Expr) bound {
	var args []bound
	cost := 2.0
	call := e.AsCall()
	if call.IsMemberFunction() {
		args = append(args, c.bound(call.Target()))
	}
	for _, arg := range call.Args() {
		args = append(args, c.bound(arg))
	}
	for _, b := range args {
		cost += b.cost
	}
	return c.function(e, cost, args)
}

// function adds what a function costs by the sizes of its arguments.
func (c *coster) function(e ast.Expr, cost float64, args []bound) bound {
	tenth := func(size float64) float64 { return size/10 + 1 }
	size := func(i int) float64 { return args[min(i, len(args)-1)].size }
	if len(args) == 0 {
		return c.sized(e, cost, math.Inf(1), math.Inf(1))
	}
	switch e.AsCall().FunctionName() {
	case operators.Conditional:
		return bound{cost: cost, size: max(size(1), size(2)), element: max(args[1].element, args[2].element)}
	case operators.Add:
		out := c.sized(e, cost+tenth(size(0)+size(1)), size(0)+size(1), size(0)+size(1))
		out.element = max(args[0].element, args[1].element)
		return out
	case operators.Index:
		return c.sized(e, cost, args[0].element, math.Inf(1))
	case operators.In:
		return bound{cost: cost + size(1), size: 1}
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return bound{cost: cost + tenth(min(size(0), size(1))), size: 1}
	case "matches":
		return bound{cost: cost + tenth(size(0)+1)*(size(1)/4+1), size: 1}
	case "startsWith", "endsWith", "contains":
		return bound{cost: cost + tenth(size(0))*tenth(size(1)), size: 1}
	default:
		return c.sized(e, cost+tenth(size(0)+size(1)), 4*size(0)+100, math.Inf(1))
	}
}
