#include "mock_server/options.hpp"

int main(int argc, char** argv) { return stalewatch::mock_server::main_of(argc, argv); }
