// Addresses that answers show.
#pragma once

#include <string>
#include <utility>

#include "stoa/wire.hpp"

namespace stoa::wire {

/// An address in an answer: null where there is none, so that no client takes "" for one. Output only.
struct shown_url : std::string {
  using std::string::string;
  shown_url(std::string s) : std::string(std::move(s)) {}  // NOLINT: implicit by intent
};

template <>
struct codec<shown_url> {
  static void encode(json_writer& w, const shown_url& v) {
    if (v.empty())
      w.null();
    else
      w.string(v);
  }
  static void schema(json_writer& w, schema_registry&) {
    w.begin_object();
    w.key("anyOf");
    w.begin_array();
    detail::simple_schema(w, "string", "uri-reference");  // a path of this server is one, too
    detail::simple_schema(w, "null");
    w.end_array();
    w.end_object();
  }
};

}  // namespace stoa::wire
