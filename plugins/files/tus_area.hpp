// Files that come in parts, by the tus protocol: core, creation, creation-with-upload, checksum, expiration,
// termination.
#pragma once

#include <memory>
#include <string>

#include "files_area.hpp"
#include "keeper.hpp"

namespace stoa_plugin::files {

struct tus_options {
  std::int64_t largest = 0;      ///< bytes of a file
  std::size_t largest_part = 0;  ///< bytes of one request
};

class tus_area {
 public:
  tus_area(stoa::plugin_host& host, std::shared_ptr<keeper> files, tus_options options)
      : host_(host), files_(std::move(files)), options_(options) {}

  static void mount(stoa::route_table& routes, std::shared_ptr<tus_area> area);

 private:
  stoa::task<stoa::reply> create(const stoa::request& q, stoa::body_view body);
  stoa::task<stoa::reply> look(const stoa::request& q, file_in_path id);
  stoa::task<stoa::reply> append(const stoa::request& q, file_in_path id, stoa::body_view body);
  stoa::task<stoa::reply> end(const stoa::request& q, file_in_path id);

  stoa::task<stoa::done> check_sum(const stoa::request& q, std::string_view bytes);
  stoa::reply answer(int status, const file& f) const;

  stoa::plugin_host& host_;
  const std::shared_ptr<keeper> files_;
  const tus_options options_;
};

}  // namespace stoa_plugin::files
