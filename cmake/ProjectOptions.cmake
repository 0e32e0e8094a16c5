# What every target of ours is compiled with; linked PRIVATE, so that nothing leaks to others.
add_library(project_options INTERFACE)
target_compile_features(project_options INTERFACE cxx_std_20)
target_compile_options(
  project_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast
                            -Wnon-virtual-dtor
                            # messages are made with designated initialisers, the rest at its default
                            -Wno-missing-field-initializers)
target_include_directories(project_options INTERFACE "${PROJECT_SOURCE_DIR}")
set(CMAKE_CXX_EXTENSIONS OFF)

# For developers and the continuous integration; who builds a release may have a compiler that we have not seen.
option(STALEWATCH_WERROR "warnings are errors" OFF)
if(STALEWATCH_WERROR)
  target_compile_options(project_options INTERFACE -Werror)
endif()

# A build that has ever had tests keeps its asserts, whatever its type: what is tried is checked. Who builds to install
# needs none.
option(STALEWATCH_ASSERTS "assert() is checked in a build without tests, too" OFF)
if(STALEWATCH_TESTS)
  set(STALEWATCH_ASSERTS ON CACHE BOOL "assert() is checked in a build without tests, too" FORCE)
endif()
if(STALEWATCH_ASSERTS)
  target_compile_options(project_options INTERFACE -UNDEBUG)
endif()

set(STALEWATCH_SANITIZE "" CACHE STRING "value for -fsanitize=, for all of our targets")
if(STALEWATCH_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${STALEWATCH_SANITIZE}
                                                   -fno-omit-frame-pointer)
  target_link_options(project_options INTERFACE -fsanitize=${STALEWATCH_SANITIZE})
endif()

# Compiles are most of the time of a build; the cache is used where it is installed.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()

# stalewatch_library(NAME SOURCES ... PUBLIC libs ... PRIVATE libs ...): a static library of ours.
function(stalewatch_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE project_options ${ARG_PRIVATE})
endfunction()

# stalewatch_executable(NAME LIB ...): main.cpp of the current folder, installed.
function(stalewatch_executable name)
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE project_options ${ARGN})
  install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endfunction()
