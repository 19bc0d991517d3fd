package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

//go:embed walk.lua
var repairScript string

var _ ledger.Walker = (*Store)(nil)

const (
	// walkPage is how many keys, or entries, are asked for at once.
	walkPage = 256
	// wholeLimit is how many entries a limit may have to be read at one moment, which stops Redis for some milliseconds.
	wholeLimit = 10_000
	// maxRepair bounds the entries of one repair; Redis takes no longer commands.
	maxRepair = 1_000_000
	// maxGaps bounds the numbers that a repair frees.
	maxGaps = 1_000_000
)

// scan visits the names of a kind of keys, without their prefix. Redis may name one twice while many keys come or go.
func (s *Store) scan(ctx context.Context, prefix string, visit func(names []string) error) error {
	for cursor := uint64(0); ; {
		keys, next, err := s.client.Scan(ctx, cursor, prefix+"*", walkPage).Result() // no tenant's name has a character that patterns know
		if err != nil {
			return s.explain(ctx, "walk", err)
		}
		for i := range keys {
			keys[i] = strings.TrimPrefix(keys[i], prefix)
		}
		if err := visit(keys); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// WalkRecords visits every record, in no order, and one twice at times, while many records are being added.
func (s *Store) WalkRecords(ctx context.Context, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	return s.scan(ctx, s.keys.prefix+"c:", func(names []string) error {
		var keys []surprise.CustomerKey
		for _, name := range names {
			key, ok := parseCustomer(name)
			if !ok {
				return fmt.Errorf("redisstore: walk: %sc:%q names no customer", s.keys.prefix, name)
			}
			keys = append(keys, key)
		}
		return s.visitRecords(ctx, keys, visit)
	})
}

// parseCustomer reads what CustomerKey's String wrote: a claim id has it too.
func parseCustomer(name string) (surprise.CustomerKey, bool) {
	return surprise.ClaimID("c" + name + strings.Repeat("a", surprise.ClaimIDLen-1-len(surprise.CustomerKey{}.String()))).Customer()
}

// visitRecords reads records with their due times, all as of one moment.
func (s *Store) visitRecords(ctx context.Context, keys []surprise.CustomerKey, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	if len(keys) == 0 {
		return nil
	}
	pipe := s.client.TxPipeline()
	records, dues := make([]*redis.StringCmd, len(keys)), make([]*redis.FloatCmd, len(keys))
	for i, key := range keys {
		records[i] = pipe.Get(ctx, s.keys.customer(key))
		dues[i] = pipe.ZScore(ctx, s.keys.due(), string(key[:]))
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i, key := range keys {
		text, err := records[i].Result()
		due, dueErr := dues[i].Result()
		switch {
		case errors.Is(err, redis.Nil): // deleted meanwhile
			continue
		case err != nil || dueErr != nil && !errors.Is(dueErr, redis.Nil):
			return s.explain(ctx, "walk", errors.Join(err, dueErr))
		}
		record, err := decodeRecord(text)
		if err != nil {
			return fmt.Errorf("redisstore: walk %s: %w", s.keys.customer(key), err)
		}
		var at time.Time
		if dueErr == nil {
			at = time.UnixMicro(int64(due)).UTC()
		}
		if err := visit(key, record, at); err != nil {
			return err
		}
	}
	return nil
}

// WalkLimits visits every limit, in no order, and one twice at times. One with many entries is read in pages; where they don't add up to its sum, because
// it changed meanwhile or is wrong, it is read again as of one moment.
func (s *Store) WalkLimits(ctx context.Context, visit func(string, int64, []ledger.LimitEntry) error) error {
	return s.scan(ctx, s.keys.prefix+"l:", func(names []string) error {
		for _, name := range names {
			sum, entries, err := s.readLimit(ctx, name)
			if err != nil {
				return err
			}
			if err := visit(name, sum, entries); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) readLimit(ctx context.Context, name string) (sum int64, entries []ledger.LimitEntry, err error) {
	n, err := s.client.HLen(ctx, s.keys.limit(name)).Result()
	if err != nil {
		return 0, nil, s.explain(ctx, "walk", err)
	}
	if n > wholeLimit {
		fields, err := s.scanLimit(ctx, name)
		if err != nil {
			return 0, nil, err
		}
		if sum, entries, err = s.decodeLimit(name, fields); err != nil || sum == total(entries) {
			return sum, entries, err
		}
	}
	fields, err := s.client.HGetAll(ctx, s.keys.limit(name)).Result()
	if err != nil {
		return 0, nil, s.explain(ctx, "walk", err)
	}
	return s.decodeLimit(name, fields)
}

// scanLimit reads a limit in pages.
func (s *Store) scanLimit(ctx context.Context, name string) (map[string]string, error) {
	fields := make(map[string]string)
	for cursor := uint64(0); ; {
		page, next, err := s.client.HScan(ctx, s.keys.limit(name), cursor, "", walkPage).Result()
		if err != nil {
			return nil, s.explain(ctx, "walk", err)
		}
		for i := 0; i+1 < len(page); i += 2 {
			fields[page[i]] = page[i+1]
		}
		if cursor = next; cursor == 0 {
			return fields, nil
		}
	}
}

func total(entries []ledger.LimitEntry) (sum int64) {
	for _, e := range entries {
		sum += e.Amount
	}
	return sum
}

func (s *Store) decodeLimit(name string, fields map[string]string) (sum int64, entries []ledger.LimitEntry, err error) {
	for field, value := range fields {
		switch field {
		case highestField:
		case sumField:
			sum, err = strconv.ParseInt(value, 10, 64)
		default:
			var e ledger.LimitEntry
			e, err = decodeLimitEntry(value)
			e.ClaimID = surprise.ClaimID(field)
			entries = append(entries, e)
		}
		if err != nil {
			return 0, nil, fmt.Errorf("redisstore: walk: %s holds %q for %q", s.keys.limit(name), value, field)
		}
	}
	return sum, entries, nil
}

// decodeLimitEntry reads a value as apply.lua writes it.
func decodeLimitEntry(value string) (e ledger.LimitEntry, err error) {
	state, rest := value[:min(1, len(value))], value[min(1, len(value)):]
	if state != "r" && state != "p" {
		return e, errEntry
	}
	amount, number, numbered := strings.Cut(rest, "#")
	e.Posted = state == "p"
	e.Amount, err = strconv.ParseInt(amount, 10, 64)
	if err == nil && numbered {
		e.Number, err = strconv.ParseInt(number, 10, 64)
	}
	return e, err
}

func encodeLimitEntry(e ledger.LimitEntry) string {
	value := "r"
	if e.Posted {
		value = "p"
	}
	value += strconv.FormatInt(e.Amount, 10)
	if e.Number != 0 {
		value += "#" + strconv.FormatInt(e.Number, 10)
	}
	return value
}

// WalkIndexes visits every entry of every index, those of one index by place.
func (s *Store) WalkIndexes(ctx context.Context, visit func(string, ledger.IndexEntry) error) error {
	return s.scan(ctx, s.keys.prefix+"i:", func(names []string) error {
		for _, name := range names {
			if err := s.walkIndex(ctx, name, visit); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) walkIndex(ctx context.Context, name string, visit func(string, ledger.IndexEntry) error) error {
	for from := (*ledger.IndexPlace)(nil); ; {
		page, err := s.Range(ctx, name, from, walkPage, false)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := visit(name, e); err != nil {
				return err
			}
		}
		if len(page) < walkPage {
			return nil
		}
		from = &page[len(page)-1].IndexPlace
	}
}

// DropLimit deletes a limit with all its entries.
func (s *Store) DropLimit(ctx context.Context, limit string) error {
	if err := ctx.Err(); err != nil {
		return s.explain(ctx, "drop limit", err)
	}
	return s.explain(ctx, "drop limit", s.client.Unlink(ctx, s.keys.limit(limit), s.keys.freed(limit)).Err())
}

// Repair makes the entries of a limit be exactly these, at one moment. It takes a million at most.
func (s *Store) Repair(ctx context.Context, limit string, entries []ledger.LimitEntry) error {
	if err := ctx.Err(); err != nil {
		return s.explain(ctx, "repair", err)
	}
	args, err := repairArgs(limit, entries)
	if err != nil {
		return err
	}
	words := append([]any{"eval", repairScript, 2, s.keys.limit(limit), s.keys.freed(limit)}, args...)
	return s.explain(ctx, "repair", s.process(ctx, onceCmd{redis.NewCmd(ctx, words...)}))
}

// repairArgs are the arguments of the scripts that repair: the sum, the highest number and the entries.
func repairArgs(limit string, entries []ledger.LimitEntry) ([]any, error) {
	highest := int64(0)
	args := []any{total(entries), "0"}
	for _, e := range entries {
		highest = max(highest, e.Number)
		args = append(args, encodeLimitEntry(e)+" "+string(e.ClaimID))
	}
	if len(entries) > maxRepair || highest-int64(len(entries)) > maxGaps {
		return nil, fmt.Errorf("redisstore: repair: limit %s: %d entries with numbers up to %d are too many for one repair", limit, len(entries), highest)
	}
	args[1] = highest
	return args, nil
}
