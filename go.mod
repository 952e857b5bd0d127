module reverie

go 1.26.0

require (
	github.com/Eyevinn/mp4ff v0.55.0
	github.com/andybalholm/brotli v1.2.8
	github.com/at-wat/ebml-go v0.19.4
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/gowebapi/webapi v0.0.0-20221221115732-41cedfc27a0b
	github.com/maxence-charriere/go-app/v10 v10.1.11
	github.com/sbinet/npyio v0.6.0
	go.yaml.in/yaml/v3 v3.0.6
	golang.org/x/text v0.43.0
)

require (
	github.com/fsnotify/fsnotify v1.5.4 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/websocket v1.5.0 // indirect
	github.com/vugu/vgrun v0.0.0-20221010231011-b56916c1e8c2 // indirect
	golang.org/x/sys v0.0.0-20220520151302-bc2c85ada10a // indirect
	gonum.org/v1/gonum v0.9.3 // indirect
)

tool github.com/vugu/vgrun
