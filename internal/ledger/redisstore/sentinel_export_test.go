package redisstore

import "context"

// Server returns the run id of the Redis that the store's connections lead to, or nothing.
func (s *Store) Server(ctx context.Context) string {
	info, err := s.info(ctx)
	if err != nil {
		return ""
	}
	return info["run_id"]
}
