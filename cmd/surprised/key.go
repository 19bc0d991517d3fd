package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/surprise-service/surprised/internal/server"
)

func newKeyCommand(env *environment) *cobra.Command {
	var may []string
	cmd := &cobra.Command{
		Use:   "key NAME",
		Short: "Make an API key for a caller",
		Long: `Key makes a new API key. The key itself is shown once and kept nowhere: give it to the caller, who sends it as the header
"authorization: Bearer KEY". The line with its hash belongs into the file of serve --api-keys.`,
		Example: `  surprised key till-taipei-1 --may recommend,claim

  # for the tablet of those who carry surprises out
  surprised key floor-taipei-1 --may claim,wish,staff`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return makeKey(env, args[0], may)
		},
	}
	names := permissionNames()
	cmd.Flags().StringSliceVar(&may, "may", []string{"recommend", "claim"}, "what the caller may do: "+strings.Join(names, ", "))
	completeWith(cmd, "may", names...)
	return cmd
}

func permissionNames() []string {
	var names []string
	for _, p := range server.AllPermissions() {
		names = append(names, string(p))
	}
	return names
}

func makeKey(env *environment, name string, may []string) error {
	if strings.ContainsAny(name, " \t\n#") || name == "" {
		return usageError{fmt.Errorf("NAME must be one word without #")}
	}
	random := make([]byte, 24)
	if _, err := rand.Read(random); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	key := server.KeyPrefix + hex.EncodeToString(random)
	permissions := make([]server.Permission, len(may))
	for i, p := range may {
		permissions[i] = server.Permission(p)
	}
	line := server.KeyLine(name, key, permissions)
	if _, err := server.ParseKeys(line); err != nil {
		return usageError{fmt.Errorf("--may: %w", err)}
	}
	fmt.Fprintf(env.stdout, "key, for the caller (shown only now):\n  %s\n\nline, for the file of serve --api-keys:\n  %s\n", key, line)
	return nil
}
