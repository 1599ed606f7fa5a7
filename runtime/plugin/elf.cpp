#include "runtime/plugin/elf.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>

namespace stoa::runtime {

namespace {

using file_header = ElfW(Ehdr);
using segment_header = ElfW(Phdr);
using section_header = ElfW(Shdr);

#if defined(__x86_64__)
constexpr unsigned own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned own_machine = EM_AARCH64;
#else
#error "the machine's number in ELF is missing here"
#endif

template <class T>
std::optional<T> at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

bool within(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

std::string cut_off(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  return "expected a file of at least " + std::to_string(offset + size) + " bytes, found " +
         std::to_string(bytes.size());
}

std::map<std::string, std::string> lines_of(std::string_view facts) {
  std::map<std::string, std::string> all;
  while (!facts.empty() && facts.front() != '\0') {
    const auto end = std::min(facts.find('\n'), facts.size());
    const auto line = facts.substr(0, end);
    facts.remove_prefix(std::min(end + 1, facts.size()));
    const auto colon = line.find(": ");
    if (colon != line.npos) all[std::string(line.substr(0, colon))] = line.substr(colon + 2);
  }
  return all;
}

}  // namespace

std::string elf_trouble(std::string_view bytes) {
  const auto head = at<file_header>(bytes, 0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return "expected a shared library (ELF), found none";
  const bool same_words = head->e_ident[EI_CLASS] == (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32) &&
                          head->e_ident[EI_DATA] == ELFDATA2LSB;
  if (!same_words || head->e_machine != own_machine)
    return "expected a library for this machine (ELF " + std::to_string(own_machine) + "), found one for another (" +
           std::to_string(head->e_machine) + ")";
  if (head->e_type != ET_DYN || head->e_phentsize != sizeof(segment_header) || head->e_phnum == 0)
    return "expected a shared library, found another kind of ELF file";
  const std::uint64_t segments = std::uint64_t{head->e_phnum} * sizeof(segment_header);
  if (!within(bytes, head->e_phoff, segments)) return cut_off(bytes, head->e_phoff, segments);
  bool dynamic = false;
  for (unsigned i = 0; i < head->e_phnum; ++i) {
    const auto s = *at<segment_header>(bytes, head->e_phoff + i * sizeof(segment_header));
    dynamic = dynamic || s.p_type == PT_DYNAMIC;
    if (!within(bytes, s.p_offset, s.p_filesz)) return cut_off(bytes, s.p_offset, s.p_filesz);
    if (s.p_type == PT_LOAD && s.p_memsz < s.p_filesz) return "expected sound headers of segments, found others";
  }
  if (!dynamic) return "expected a shared library, found one without a table of its symbols";
  if (head->e_shoff == 0) return {};
  const std::uint64_t sections = std::uint64_t{head->e_shnum} * sizeof(section_header);
  if (head->e_shentsize != sizeof(section_header)) return "expected sound headers of sections, found others";
  if (!within(bytes, head->e_shoff, sections)) return cut_off(bytes, head->e_shoff, sections);
  return {};
}

std::string_view elf_section(std::string_view bytes, std::string_view name) {
  const auto head = at<file_header>(bytes, 0);
  if (!head || head->e_shoff == 0) return {};
  const auto section = [&](unsigned i) {
    return at<section_header>(bytes, head->e_shoff + i * sizeof(section_header));
  };
  const auto names = section(head->e_shstrndx);
  if (!names || !within(bytes, names->sh_offset, names->sh_size)) return {};
  const auto texts = bytes.substr(names->sh_offset, names->sh_size);
  for (unsigned i = 0; i < head->e_shnum; ++i) {
    const auto s = section(i);
    if (!s || s->sh_name >= texts.size() || s->sh_type == SHT_NOBITS) continue;
    const auto own = texts.substr(s->sh_name);
    if (own.substr(0, own.find('\0')) == name && within(bytes, s->sh_offset, s->sh_size))
      return bytes.substr(s->sh_offset, s->sh_size);
  }
  return {};
}

std::string facts_that_differ(std::string_view expected, std::string_view found) {
  const auto ours = lines_of(expected);
  const auto theirs = lines_of(found);
  std::string out;
  for (const auto& [name, value] : ours) {
    const auto there = theirs.find(name);
    const auto other = there == theirs.end() ? std::string("nothing") : there->second;
    if (other != value) out += (out.empty() ? "" : "; ") + name + ": " + value + ", found " + other;
  }
  return out;
}

}  // namespace stoa::runtime
