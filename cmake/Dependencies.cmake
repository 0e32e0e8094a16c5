# Every third party, found in one place. Packages: scripts/packages.list.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)

pkg_check_modules(ZeroMQ REQUIRED IMPORTED_TARGET libzmq)
# zmq.h needs none of the flags of what libzmq itself uses, and CMake orders them differently at each configuring,
# which would compile everything anew.
set_target_properties(PkgConfig::ZeroMQ PROPERTIES INTERFACE_COMPILE_OPTIONS "" INTERFACE_INCLUDE_DIRECTORIES "")
pkg_check_modules(Idn2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(MicroHttpd REQUIRED IMPORTED_TARGET libmicrohttpd)

# msgpack-c is header-only; its CMake package would require Boost, which it can do without.
find_path(MSGPACK_INCLUDE_DIR msgpack.hpp REQUIRED)
add_library(stalewatch_msgpack INTERFACE)
target_include_directories(stalewatch_msgpack SYSTEM INTERFACE "${MSGPACK_INCLUDE_DIR}")
target_compile_definitions(stalewatch_msgpack INTERFACE MSGPACK_NO_BOOST)

# SOCI ships no CMake package in Debian 12. Backends are loaded by name at run time
# (libsoci_<engine>.so); only the SQLite and MySQL headers are used, for their error numbers.
find_library(SOCI_CORE_LIBRARY soci_core REQUIRED)
find_library(SOCI_SQLITE3_LIBRARY soci_sqlite3 REQUIRED)
find_path(SOCI_INCLUDE_DIR soci/soci.h REQUIRED)
find_path(MARIADB_INCLUDE_DIR mysql.h PATH_SUFFIXES mariadb REQUIRED)
add_library(stalewatch_soci INTERFACE)
target_include_directories(stalewatch_soci SYSTEM INTERFACE "${SOCI_INCLUDE_DIR}"
                                                            "${MARIADB_INCLUDE_DIR}")
# UBSan's check of virtual calls needs type information that SOCI's libraries do not export.
target_compile_options(stalewatch_soci INTERFACE -fno-sanitize=vptr)
target_link_libraries(stalewatch_soci INTERFACE "${SOCI_CORE_LIBRARY}" "${SOCI_SQLITE3_LIBRARY}"
                                                SQLite::SQLite3)

# PostgreSQL tells errors apart by an SQLSTATE that only the backend's own library gives out, for a
# refused connection only its client library.
find_library(SOCI_POSTGRESQL_LIBRARY soci_postgresql REQUIRED)
find_path(LIBPQ_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
pkg_check_modules(LibPq REQUIRED IMPORTED_TARGET libpq)
add_library(stalewatch_soci_postgresql INTERFACE)
target_include_directories(stalewatch_soci_postgresql SYSTEM INTERFACE "${LIBPQ_INCLUDE_DIR}")
target_link_libraries(stalewatch_soci_postgresql INTERFACE "${SOCI_POSTGRESQL_LIBRARY}")

# What SOCI does not pass on to the client library: the character set of a session that is open.
pkg_check_modules(MariaDb REQUIRED IMPORTED_TARGET libmariadb)

if(STALEWATCH_TESTS)
  pkg_check_modules(Httplib REQUIRED IMPORTED_TARGET cpp-httplib)
  find_package(Catch2 REQUIRED) # 2 or 3
endif()
