package child

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/surprise-service/surprised/bench/internal/matchers"
	"github.com/surprise-service/surprised/bench/internal/rules"
)

// MatcherTurn is a turn of a matcher; without a task it asks for its matchers.Info.
type MatcherTurn struct {
	Task matchers.Task
	For  time.Duration
}

// startMatcher builds an engine. As it listens nowhere, its place in Addrs stays empty.
func startMatcher(_ context.Context, args []string) (*server, error) {
	shape, err := rules.ParseShape(args[1])
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, fmt.Errorf("%s: %q is not a number of rules", Matcher, args[2])
	}
	session, err := matchers.NewSession(args[0], shape, n)
	if err != nil {
		return nil, err
	}
	return answering(func(t MatcherTurn) (any, error) {
		if t.Task == "" {
			return session.Info, nil
		}
		return session.Run(t.Task, t.For)
	}, nothing), nil
}
