#include "load_faults.hpp"

#include <stdexcept>

namespace stoa_plugin::trouble {

void fail_at(const std::string& fault, const std::string& step) {
  if (fault == "throw_in_" + step) throw std::runtime_error("trouble in " + step);
}

}  // namespace stoa_plugin::trouble
