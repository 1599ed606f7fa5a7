// What can be told of a library from its file alone, before the loader maps it and runs its code.
#pragma once

#include <string>
#include <string_view>

namespace stoa::runtime {

/// What keeps the loader from mapping these bytes as a shared library of this machine: no ELF, another machine, or a
/// file that ends before what its headers promise (which the loader maps all the same, to die of it later). As
/// `expected ..., found ...`; empty where all is well.
std::string elf_trouble(std::string_view bytes);

/// The bytes of a section; empty where there is none. Of bytes without trouble.
std::string_view elf_section(std::string_view bytes, std::string_view name);

/// In which facts of a build (STOA_BUILD_FACTS) a library differs from what is expected: `_GLIBCXX_DEBUG: off, found
/// on`. Empty where in none.
std::string facts_that_differ(std::string_view expected, std::string_view found);

}  // namespace stoa::runtime
