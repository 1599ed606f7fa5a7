// What stands at `/`: where things are, for a person with a browser and for a program.
#pragma once

#include <string>
#include <vector>

#include "stoa/routes.hpp"

namespace stoa::http {

struct front_page {
  struct served {
    std::string name;
    std::string base;        ///< its own place, whatever the host: `/<name>/api/v1`
    std::string documented;  ///< the place its clients know: `/api/v1`
  };
  /// Somebody to sign in as.
  struct person {
    std::string role, email;
  };

  std::string version;
  std::string public_path;  ///< that of `[http] public_url`; every link begins with it
  std::vector<served> dialects;
  std::vector<person> people;  ///< empty: the page names nobody and no password
  std::string password;        ///< of all of them
};

/// Adds `GET /`: a page where the request accepts text/html, else a summary as JSON, which names no people.
void add_front_page(route_table& plain, const front_page& shown);

}  // namespace stoa::http
