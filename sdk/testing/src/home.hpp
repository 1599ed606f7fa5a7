// Where this SDK lies: found by the library that the program runs with, so that nothing has a prefix compiled in.
#pragma once

#include <filesystem>

namespace stoa::testing {

/// The server's executable: <prefix>/bin/stoa, or the one of the build tree.
std::filesystem::path server_program();

}  // namespace stoa::testing
