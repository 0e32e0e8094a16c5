// Version 2's main; version 3 brings its own, and this does nothing.
#define CATCH_CONFIG_MAIN
#include "tests/catch.hpp"

#ifdef NDEBUG
#error "tests are built with asserts: cmake/ProjectOptions.cmake"
#endif
