#pragma once

namespace stalewatch::mock_server {

/// Parses the command line, runs the server, and turns what goes wrong into one line and an exit
/// code: 0 ended by a signal or --help, 1 failed, 2 usage.
int main_of(int argc, char** argv);

}  // namespace stalewatch::mock_server
