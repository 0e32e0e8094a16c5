#include "cli/commands.hpp"

#include <array>

namespace stalewatch::cli {
namespace {

constexpr std::array table = {
    Subcommand{"up", "run all four processes as children of this one", prepare_up},
    Subcommand{"check-config", "say what is wrong with a configuration file, or what would run",
               prepare_check_config},
    Subcommand{"reload", "make the running aggregator read its configuration file again",
               prepare_reload},
    Subcommand{"events", "show the last events, or follow what comes", prepare_events},
    Subcommand{"replay", "print journaled events", prepare_replay},
    Subcommand{"forget", "say whether events are kept for a consumer, and how to end that",
               prepare_forget},
    Subcommand{"owed", "say what is announced and not closed, waits to be told, or was given up",
               prepare_owed},
    Subcommand{"healthcheck", "ask a process started with --http whether it is well",
               prepare_healthcheck},
};

}  // namespace

std::span<const Subcommand> subcommands() { return table; }

}  // namespace stalewatch::cli
