#include "api/http/example_book.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "stoa/json.hpp"

namespace stoa::http {

example_book example_book::read(const std::filesystem::path& file) {
  example_book out;
  std::ifstream in(file, std::ios::binary);
  if (!in) return out;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto all = json::parse(text);
  if (!all || !all->is_object()) throw std::runtime_error(file.string() + ": not a book of examples");
  for (const auto& [operation, kept] : all->members()) {
    auto& one = out.all_[operation];
    if (const auto* request = kept.find("request")) one.request = request->dump();
    if (const auto* response = kept.find("response")) one.response = response->dump();
  }
  return out;
}

const example_book::pair* example_book::find(const std::string& operation) const {
  const auto at = all_.find(operation);
  return at == all_.end() ? nullptr : &at->second;
}

}  // namespace stoa::http
