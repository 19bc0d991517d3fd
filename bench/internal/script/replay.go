package script

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/bench/internal/load"
)

// Stage is a Redis on which claims of the ledger are made without it. It is not safe for concurrent use.
type Stage struct {
	addr    string
	binary  string // redis-benchmark
	numbers int
	turns   int // so far
}

// NewStage returns the stage at an address, where redis-benchmark, which binary names, draws each number in a name from so many. The name of a
// customer has two.
func NewStage(addr, binary string, numbers int) *Stage {
	return &Stage{addr: addr, binary: binary, numbers: numbers}
}

// Replay is a claim as the ledger sent it, a run of its own script, to be sent again and again as if by others.
type Replay struct {
	stage  *Stage
	words  []string
	log    string // key of the stream of events
	events int64  // that a claim adds to it
}

const (
	// random is where redis-benchmark puts 12 digits, others in each place.
	random = "__rand_int__"
	// customer stands for a customer's key, which is as long. The first two letters become the number of the turn: redis-benchmark draws from the
	// time and the number of its process, and so may draw the same twice.
	customer = "xx" + random + random
	// longestName parts the words of a claim into names and data. Redis looks at nothing in data.
	longestName = 100
	// The first key of the script, after EVALSHA, its hash and the number of keys, is the record. The third one is the log.
	recordWord = 3
	logWord    = 5
)

// Record returns the claim that claim makes, while nothing else is under way. It has to be a first claim: of a customer without a record. Names are
// all that only this customer has; others get names as long in their place.
func (s *Stage) Record(ctx context.Context, names []string, claim func(context.Context) error) (*Replay, error) {
	words, err := watch(ctx, s.addr, claim)
	if err != nil {
		return nil, fmt.Errorf("watch a claim: %w", err)
	}
	if len(words) <= logWord {
		return nil, fmt.Errorf("the ledger sent %q, which has no third key", words)
	}
	r := &Replay{stage: s, words: others(words, names), log: words[logWord]}
	if !strings.HasSuffix(r.words[recordWord], customer) {
		return nil, fmt.Errorf("the record %q is not named after a customer of those names", words[recordWord])
	}
	return r, r.rehearse(ctx)
}

// rehearse makes one claim of another customer, and sees what it adds.
func (r *Replay) rehearse(ctx context.Context) error {
	client := redis.NewClient(&redis.Options{Addr: r.stage.addr})
	defer func() { _ = client.Close() }() // all is answered
	before, err := r.logged(ctx)
	if err != nil {
		return err
	}
	words := r.turn()
	args := make([]any, len(words))
	for i, word := range words {
		args[i] = word
	}
	answer, err := client.Do(ctx, args...).Int64()
	if err == nil && answer != 0 {
		err = fmt.Errorf("the script answered %d", answer)
	}
	if err != nil {
		return fmt.Errorf("a claim like the ledger's: %w", err)
	}
	after, err := r.logged(ctx)
	if r.events = after - before; err == nil && r.events == 0 {
		err = fmt.Errorf("a claim like the ledger's added nothing to %s", r.log)
	}
	return err
}

// turn returns the words with customers that no turn had before.
func (r *Replay) turn() []string {
	r.stage.turns++
	const base = 36 // two letters are enough for a thousand turns
	number := strconv.FormatInt(int64(base+r.stage.turns%(base*(base-1))), base)
	out := make([]string, len(r.words))
	for i, word := range r.words {
		out[i] = strings.ReplaceAll(word, customer, number+customer[len(number):])
	}
	return out
}

// others puts numbers that are drawn at random in the place of names. Data is as long, but of letters: a command line can't have all bytes.
func others(words, names []string) []string {
	var pairs []string
	for _, name := range names {
		count := len(name) / len(random)
		pairs = append(pairs, name, strings.Repeat("x", len(name)%len(random))+strings.Repeat(random, count))
	}
	replacer, out := strings.NewReplacer(pairs...), make([]string, len(words))
	for i, word := range words {
		if out[i] = replacer.Replace(word); len(word) > longestName {
			out[i] = strings.Repeat("x", len(word))
		}
	}
	return out
}

// Benchmark has redis-benchmark make n claims from so many clients. It fails where one in a hundred was refused, as a second claim of a customer is
// that comes as a first one: that is fast.
func (r *Replay) Benchmark(ctx context.Context, clients, n int) (load.Result, error) {
	before, err := r.logged(ctx)
	if err != nil {
		return load.Result{}, err
	}
	command := append([]string{"-r", strconv.Itoa(r.stage.numbers)}, r.turn()...)
	res, err := benchmark(ctx, r.stage.binary, r.stage.addr, clients, n, command...)
	if err != nil {
		return load.Result{}, err
	}
	after, err := r.logged(ctx)
	if err != nil {
		return load.Result{}, err
	}
	if made := float64(after-before) / float64(r.events); made < 0.99*float64(n) {
		return load.Result{}, fmt.Errorf("of %d claims by redis-benchmark, Redis carried out only %.0f", n, made)
	}
	return res, nil
}

// logged returns how many events there are.
func (r *Replay) logged(ctx context.Context) (int64, error) {
	client := redis.NewClient(&redis.Options{Addr: r.stage.addr})
	defer func() { _ = client.Close() }() // it has read what it wanted
	n, err := client.XLen(ctx, r.log).Result()
	if err != nil {
		return 0, fmt.Errorf("XLEN %s: %w", r.log, err)
	}
	return n, nil
}
