// What happened when, for a timeline: transfers and waits, as many as there is room for.
#pragma once
#include <vector>

#include "dma.hpp"

namespace nmcu {

// A transfer that moved its bytes from cycle `first` to before `end`.
struct Moved {
    size_t engine = 0;
    Transfer transfer;
    Cycle first = 0, end = 0;
};

// A core that waited from cycle `first` to before `end`.
struct Waited {
    uint32_t core = 0;
    Cause cause = Cause::EventWait;
    Cycle first = 0, end = 0;
};

struct Recorder {
    uint32_t room = 0; // 0: nothing is recorded, and nothing is lost
    std::vector<Moved> transfers;
    std::vector<Waited> waits;
    uint64_t lost = 0;

    void add(const Moved &moved)
    {
        if (has_room()) transfers.push_back(moved);
    }
    void add(const Waited &waited)
    {
        if (has_room()) waits.push_back(waited);
    }

private:
    bool has_room()
    {
        if (room == 0) return false;
        if (transfers.size() + waits.size() < room) return true;
        ++lost;
        return false;
    }
};

} // namespace nmcu
