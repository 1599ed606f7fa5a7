// Commands as a contract prints them, run by curl.
#pragma once

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/support/http_client.hpp"

namespace stoa::testing {

inline std::string with_all(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// Runs a printed `curl -X ...`, at `url` in the place of the printed http://localhost:8000; its answer.
inline response run_printed(const std::string& printed, const std::string& url) {
  response out;
  out.asked = with_all(with_all(printed, "http://localhost:8000", url), "curl -X",
                       "curl --silent --show-error --max-time 30 --write-out '\\n%{http_code}' -X");
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(out.asked.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error("no shell for " + out.asked);
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe.get())) > 0;) out.body.append(buffer, n);
  const auto end = out.body.rfind('\n');
  if (end == out.body.npos) throw std::runtime_error("no answer to " + out.asked);
  out.status = std::stoi(out.body.substr(end + 1));
  out.body.resize(end);
  return out;
}

}  // namespace stoa::testing
